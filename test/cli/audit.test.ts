import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { type AuditRow, createAuditStore } from '../../src/storage/audit-store.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { runHere } from '../support/command-line.ts';
import { freePort } from '../support/free-port.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const WITH_ACCOUNTS = 'services: {}\ngraphql: {}\nauth: { accounts: { enabled: true } }\n';
const DAY = Date.UTC(2026, 0, 2);

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function fill(rows: readonly AuditRow[]): Promise<void> {
  const database = await openSqlite(path.join(folder.path, '.portico'), {
    clock: systemClock,
    logger: memoryLogger().logger,
  });
  const store = createAuditStore(database);
  for (let i = 0; i < rows.length; i += 500) await store.add(rows.slice(i, i + 500));
  await database.close();
}

function row(i: number, time = DAY): AuditRow {
  return {
    id: String(i).padStart(8, '0'),
    time,
    until: time,
    expires: Date.now() + 86_400_000,
    count: 1,
    action: 'account.login',
    outcome: 'success',
    actor: '42',
    via: 'account',
    ip: '192.0.2.1',
    request: `r-${i}`,
    object: 'account:42',
    reason: null,
    before: null,
    after: null,
  };
}

const run = (...args: string[]) => runHere(['audit', ...args], folder.path);

describe('portico audit', () => {
  it('prints a line for each row, between two moments in whatever way they are given', async () => {
    await folder.write('gateway.yaml', WITH_ACCOUNTS);
    await fill([row(1, DAY - 1), row(2), row(3, DAY + 3_600_000), row(4, Date.now() - 60_000)]);
    const requests = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(...args);
      expect([code, stderr]).toEqual([0, '']);
      return [...stdout.matchAll(/"request":"r-(\d)"/g)].map(([, number]) => number);
    };
    expect(await requests()).toEqual(['1', '2', '3', '4']);
    expect(await requests('--since', '2026-01-02')).toEqual(['2', '3', '4']);
    expect(await requests('--since', '2026-01-02', '--until', '2026-01-02T01:00')).toEqual(['2']);
    expect(await requests('--since', '2026-01-02T02:00+01:00', '--until', '2026-02-01')).toEqual(['3']);
    expect(await requests('--since', '5m')).toEqual(['4']);
    const { stdout } = await run('--until', '2026-01-02');
    expect(JSON.parse(stdout)).toEqual({
      id: '00000001',
      time: '2026-01-01T23:59:59.999Z',
      action: 'account.login',
      outcome: 'success',
      who: { id: '42', via: 'account' },
      from: { ip: '192.0.2.1', request: 'r-1' },
      object: 'account:42',
    });
  });

  it('stops without a fault when its reader has had enough', async () => {
    await folder.write('gateway.yaml', WITH_ACCOUNTS);
    await fill(Array.from({ length: 5000 }, (_, i) => row(i)));
    const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
    const portico = `'${process.execPath}' --import '${import.meta.resolve('tsx')}' '${main}'`;
    const script = `${portico} audit | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: folder.path });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\{.*"request":"r-0".*\}\n0\n$/);
  });

  it('says why there is nothing to print', async () => {
    await folder.write('gateway.yaml', 'services: {}\ngraphql: {}\n');
    expect(await run()).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'gateway.yaml has no database for the audit: it is there with auth.accounts, auth.apiKeys or storage.database\n',
    });
    const url = `postgres://portico:secret@127.0.0.1:${await freePort()}/none`;
    await folder.write('gateway.yaml', `${WITH_ACCOUNTS}storage: { database: "${url}" }\n`);
    const away = await run();
    expect([away.code, away.stdout]).toEqual([1, '']);
    expect(away.stderr).toMatch(/^the database is out of reach: .*ECONNREFUSED.*\n$/);
    expect(away.stderr).not.toContain('secret');
  });

  it.each(['yesterday', '2026-13-01', '2026-01-02 10:00', '5'])('refuses the moment %s', async (text) => {
    const { code, stderr } = await run('--since', text);
    expect(code).toBe(2);
    expect(stderr).toContain('Give a date');
  });
});
