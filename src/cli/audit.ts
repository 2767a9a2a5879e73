import { once } from 'node:events';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../kernel/quantity.ts';
import type { AuditFilter, AuditStore } from '../storage/audit-store.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { loadSettings } from './load-settings.ts';

type AuditOptions = ConfigOption & AuditFilter;

export function auditCommand(): Command {
  return configCommand('audit', 'print who did what, oldest first, one JSON object a line', [
    'portico audit --since 24h',
    "portico audit --since 2026-01-01 --until 2026-02-01 --action 'account.*' > january.ndjson",
    "portico audit --user 42 | jq -r '[.time, .action, .outcome, .object] | @tsv'",
  ])
    .option('--since <when>', 'not before: a date, a date with time, or how long ago (30m, 24h, 7d)', toTime)
    .option('--until <when>', 'before: the same', toTime)
    .option('--action <name>', 'such as account.login; account.* for all that begin so')
    .option('--user <id>', 'only what this caller did, or what was done to its account')
    .action(audit);
}

async function audit({ config, ...filter }: AuditOptions): Promise<void> {
  const { withDatabase } = await import('./with-database.ts');
  const { createAuditStore } = await import('../storage/audit-store.ts');
  const loaded = await loadSettings(config);
  await withDatabase({ loaded, purpose: 'the audit' }, ({ database }) =>
    writeOut(createAuditStore(database), filter),
  );
}

/** As fast as whoever reads it takes it; that one may stop at any time, as `head` does. */
async function writeOut(store: AuditStore, filter: AuditFilter): Promise<void> {
  const { showRow } = await import('../observe/audit-row.ts');
  const { stdout } = process;
  faults.length = 0;
  stdout.off('error', noteFault).on('error', noteFault);
  for await (const row of store.read(filter)) {
    const goesOn = stdout.write(`${JSON.stringify(showRow(row))}\n`);
    if (!goesOn) await once(stdout, 'drain').catch(noteFault);
    if (faults.length > 0) break;
  }
  const [fault] = faults;
  if (fault !== undefined && fault.code !== 'EPIPE') throw fault;
}

/** What went wrong with the standard output; it may be told of only after the last line. */
const faults: NodeJS.ErrnoException[] = [];

function noteFault(error: NodeJS.ErrnoException): void {
  faults.push(error);
}

/** `2026-11-21`, and that with a time, and that with a zone. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Milliseconds since 1970. What is not said is zero, and the zone UTC. */
function toTime(text: string): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return Date.now() - ago;
  const [, date, time = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? [];
  const moment = Date.parse(`${date}T${time}${zone}`);
  if (Number.isFinite(moment)) return moment;
  throw new InvalidArgumentError('Give a date (2026-11-21 or 2026-11-21T07:30:00Z) or how long ago (24h).');
}
