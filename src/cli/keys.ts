import { Command, InvalidArgumentError } from 'commander';
import { LONGEST, TooManyKeysError } from '../identity/api-key/api-key.ts';
import type { KeyDescription } from '../identity/api-key/describe-key.ts';
import type { CallerLimit } from '../kernel/principal.ts';
import { parseDuration } from '../kernel/quantity.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import type { ApiKeysAtHand } from './open-api-keys.ts';
import { print, table } from './report.ts';

interface CreateOptions extends ConfigOption {
  readonly name: string;
  readonly owner?: string;
  readonly ownerName?: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly limit?: CallerLimit;
  /** Milliseconds. */
  readonly expires?: number;
  readonly json?: true;
}

interface ListOptions extends ConfigOption {
  readonly owner?: string;
  readonly json?: true;
}

/** Works on the database itself, so that a running gateway need not be asked; it knows of a change within seconds. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('make, list and revoke API keys (needs auth.apiKeys)')
    .addHelpText('after', "\nExample:\n  $ portico keys create --name 'nightly export' --scopes orders:read")
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return configCommand('create', 'make a key and print it, this once', [
    "portico keys create --name 'nightly export' --scopes orders:read --expires 90d",
    'portico keys create --name ci --owner 42 --roles editor --limit 1000/1m --json',
  ])
    .requiredOption('--name <name>', 'what it is for', label)
    .option('--owner <id>', 'the user that it stands for; without one it stands for itself', label)
    .option('--owner-name <name>', "that user's name, for services", label)
    .option('--roles <list>', 'roles, separated by commas', list, [])
    .option('--scopes <list>', 'scopes, separated by commas or spaces', list, [])
    .option('--limit <requests/window>', 'a limit of its own, such as 1000/1m', limit)
    .option(
      '--expires <duration>',
      'how long it is good for, such as 30d; without it until it is revoked',
      lifetime,
    )
    .option('--json', 'the key and what is known of it as JSON')
    .action(create);
}

function listCommand(): Command {
  return configCommand('list', 'print the keys, newest first, without what makes them keys', [
    'portico keys list',
    "portico keys list --owner 42 --json | jq -r '.[].id'",
  ])
    .option('--owner <id>', 'only those of this user')
    .option('--json', 'the keys as JSON')
    .action(showAll);
}

function revokeCommand(): Command {
  return configCommand('revoke', 'end a key', ['portico keys revoke 4fkq09xkt1zu'])
    .argument('<id>', 'its id, as `portico keys list` shows it; or how its text begins')
    .action(revoke);
}

/** Who did it, for the audit. */
const ACTOR = { via: 'command' } as const;

async function create({ config, json, owner, ...options }: CreateOptions): Promise<void> {
  const { describeKey } = await import('../identity/api-key/describe-key.ts');
  await open(config, async ({ keys, audit }) => {
    const { name, ownerName, roles, scopes, limit, expires } = options;
    const expiresAt = expires === undefined ? undefined : Date.now() + expires;
    const request = { name, owner, ownerName, roles, scopes, limit, expiresAt, madeVia: 'command' } as const;
    const { key, text } = await keys.create(request).catch((error: unknown) => {
      if (!(error instanceof TooManyKeysError)) throw error;
      throw new CommandFailure([`${owner} has as many keys as one may have; revoke those that nobody uses`]);
    });
    const shown = describeKey(key);
    const object = `api-key:${key.id}`;
    audit({ action: 'api-key.create', outcome: 'success', actor: ACTOR, object, after: shown });
    print(json ? JSON.stringify({ key: text, ...shown }, null, 2) : text);
  });
}

async function showAll({ config, owner, json }: ListOptions): Promise<void> {
  const { describeKey } = await import('../identity/api-key/describe-key.ts');
  await open(config, async ({ keys }) => {
    const shown = (await keys.list(owner)).map(describeKey);
    if (json) return print(JSON.stringify(shown, null, 2));
    const columns = ['ID', 'NAME', 'OWNER', 'ROLES', 'SCOPES', 'LIMIT', 'LAST USED', 'STATE'];
    for (const line of table(columns, shown.map(cells))) print(line);
  });
}

async function revoke(text: string, { config }: ConfigOption): Promise<void> {
  const id = text.replace(/^portico_/, '').replace(/_.*$/s, '');
  await open(config, async ({ keys, audit }) => {
    const key = await keys.revoke(id);
    if (key === undefined)
      throw new CommandFailure([`there is no key ${id.slice(0, 40)} that could be revoked`]);
    const before = { name: key.name, owner: key.owner };
    audit({ action: 'api-key.revoke', outcome: 'success', actor: ACTOR, object: `api-key:${id}`, before });
    print(`revoked ${id}`);
  });
}

function cells(key: KeyDescription): string[] {
  const { limit } = key;
  return [
    key.id,
    key.name,
    key.owner,
    key.roles.join(',') || '-',
    key.scopes.join(',') || '-',
    limit === null ? '-' : `${limit.requests}/${limit.window}`,
    key.last_used_at ?? 'never',
    stateOf(key),
  ];
}

function stateOf({ revoked_at, expires_at }: KeyDescription): string {
  if (revoked_at !== null) return `revoked ${revoked_at}`;
  if (expires_at === null) return 'good';
  return Date.parse(expires_at) <= Date.now() ? `expired ${expires_at}` : `good until ${expires_at}`;
}

async function open(config: string, work: (at: ApiKeysAtHand) => Promise<void>): Promise<void> {
  const { withApiKeys } = await import('./open-api-keys.ts');
  await withApiKeys(config, work);
}

function list(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((item) => item !== ''))];
}

/** What is shown in tables and sent in headers. */
function label(text: string): string {
  if (text.trim() !== '' && text.length <= 100 && !/\p{Cc}/u.test(text)) return text;
  throw new InvalidArgumentError('Give 1 to 100 characters, without line breaks.');
}

function limit(text: string): CallerLimit {
  const [, requests, window = ''] = /^(\d{1,9})\/(\S+)$/.exec(text) ?? [];
  const windowMs = parseDuration(window);
  if (Number(requests) > 0 && windowMs !== undefined && windowMs >= 1000 && windowMs <= LONGEST)
    return { requests: Number(requests), windowMs };
  throw new InvalidArgumentError('Give requests and a window of at least 1s, such as 1000/1m.');
}

function lifetime(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000 && ms <= LONGEST) return ms;
  throw new InvalidArgumentError('Give a duration of at least 1s, such as 12h or 90d.');
}
