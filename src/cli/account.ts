import { Command } from 'commander';
import type { Account } from '../identity/account/account-store.ts';
import type { AccountRequest } from '../identity/account/accounts.ts';
import type { Json } from '../kernel/json.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import type { AccountsAtHand } from './open-accounts.ts';
import { print, table } from './report.ts';

interface NameOption extends ConfigOption {
  readonly username: string;
}
interface PasswordOption extends NameOption {
  readonly passwordStdin?: true;
}
interface RightsOption extends NameOption {
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
}

/** Who did it, for the audit. */
const ACTOR = { via: 'command' } as const;

export function accountCommand(): Command {
  const parent = new Command('account')
    .description("the gateway's own accounts: make, list, change")
    .addHelpText('after', '\nExample:\n  $ portico account create --username mei --roles admin');
  const commands = [create(), list(), roles(), password(), disable(), enable(), remove()];
  for (const command of commands) parent.addCommand(command);
  return parent;
}

function create(): Command {
  return withRights(
    named('create', 'make an account; asks for its password', [
      'portico account create --username mei --roles admin',
      'pwgen 20 1 | tee mei.txt | portico account create --username mei --password-stdin',
    ]),
  )
    .option('--password-stdin', 'read the password from standard input')
    .action(async (options: PasswordOption & RightsOption) => {
      const { username, config, roles = [], scopes = [] } = options;
      const { passwordFault, usernameFault } = await import('../identity/account/credentials.ts');
      refuse('username', usernameFault(username));
      const password = await askPassword(options);
      refuse('password', passwordFault(password, username));
      await open(config, async ({ accounts, audit }) => {
        const account = await accounts.create({ username, password, roles, scopes });
        if (account === undefined) throw new CommandFailure([`there is an account ${username} already`]);
        const after = { roles, scopes };
        audit({
          action: 'account.create',
          outcome: 'success',
          actor: ACTOR,
          object: `account:${account.id}`,
          after,
        });
        print(`made ${account.username} (${account.id})`);
      });
    });
}

function list(): Command {
  return configCommand('list', 'all accounts', [
    'portico account list',
    "portico account list --json | jq '.[].username'",
  ])
    .option('--json', 'as JSON')
    .action(async ({ config, json }: ConfigOption & { readonly json?: true }) => {
      await open(config, async ({ accounts }) => {
        const all = await accounts.list();
        if (json) return print(JSON.stringify(all.map(shown), null, 2));
        const header = ['USERNAME', 'ID', 'ROLES', 'SCOPES', 'LAST LOGIN', 'STATE'];
        for (const line of table(header, all.map(cells))) print(line);
      });
    });
}

function roles(): Command {
  return withRights(
    named('roles', 'set the roles or scopes of an account, and end its logins', [
      'portico account roles --username mei --roles admin,editor',
      'portico account roles --username mei --roles "" --scopes "posts:read posts:write"',
    ]),
  ).action(async ({ config, username, roles, scopes }: RightsOption) => {
    if (roles === undefined && scopes === undefined) {
      throw new CommandFailure(['nothing to set: give --roles or --scopes'], 2);
    }
    const rights = { ...(roles && { roles }), ...(scopes && { scopes }) };
    await change(config, username, rights, (account) => ({
      before: { ...(roles && { roles: account.roles }), ...(scopes && { scopes: account.scopes }) },
      after: rights,
    }));
    print(`changed ${username}, and ended all logins of it`);
  });
}

function password(): Command {
  return named('password', 'give an account another password, and end its logins', [
    'portico account password --username mei',
    'portico account password --username mei --password-stdin < password.txt',
  ])
    .option('--password-stdin', 'read the password from standard input')
    .action(async (options: PasswordOption) => {
      const { passwordFault } = await import('../identity/account/credentials.ts');
      const password = await askPassword(options);
      refuse('password', passwordFault(password, options.username));
      await change(options.config, options.username, { password }, () => ({ after: 'another password' }));
      print(`changed the password of ${options.username}, and ended all logins of it`);
    });
}

function disable(): Command {
  return named('disable', 'end all logins of an account and let it begin no more', [
    'portico account disable --username mei',
  ]).action(async ({ config, username }: NameOption) => {
    await change(config, username, { disabled: true }, () => ({ after: { disabled: true } }));
    print(`disabled ${username}, and ended all logins of it`);
  });
}

function enable(): Command {
  return named('enable', 'let a disabled account log in again', [
    'portico account enable --username mei',
  ]).action(async ({ config, username }: NameOption) => {
    await change(config, username, { disabled: false }, () => ({ after: { disabled: false } }));
    print(`enabled ${username}`);
  });
}

function remove(): Command {
  return named('remove', 'remove an account for good, and end its logins', [
    'portico account remove --username mei',
  ]).action(async ({ config, username }: NameOption) => {
    await open(config, async (at) => {
      const account = await find(at, username);
      await at.accounts.remove(account);
      const object = `account:${account.id}`;
      at.audit({ action: 'account.remove', outcome: 'success', actor: ACTOR, object, before: { username } });
    });
    print(`removed ${username}, and ended all logins of it`);
  });
}

/** Loaded late: `--help` needs no database. */
async function open<T>(config: string, work: (at: AccountsAtHand) => Promise<T>): Promise<T> {
  const { withAccounts } = await import('./open-accounts.ts');
  return withAccounts(config, work);
}

async function askPassword({ passwordStdin }: PasswordOption): Promise<string> {
  const { readPassword } = await import('./read-password.ts');
  return readPassword(passwordStdin === true);
}

async function change(
  config: string,
  username: string,
  request: AccountRequest,
  told: (account: Account) => { readonly before?: Json; readonly after: Json },
): Promise<void> {
  await open(config, async (at) => {
    const account = await find(at, username);
    await at.accounts.change(account, request);
    const object = `account:${account.id}`;
    at.audit({ action: 'account.update', outcome: 'success', actor: ACTOR, object, ...told(account) });
  });
}

async function find({ accounts }: AccountsAtHand, username: string): Promise<Account> {
  const account = await accounts.find(username);
  if (account === undefined) throw new CommandFailure([`there is no account ${username}`]);
  return account;
}

function named(name: string, summary: string, examples: readonly string[]): Command {
  return configCommand(name, summary, examples).requiredOption('--username <name>', 'which account');
}

function withRights(command: Command): Command {
  return command
    .option('--roles <list>', 'roles, separated by commas', words)
    .option('--scopes <list>', 'scopes, separated by commas or spaces', words);
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function refuse(what: string, fault: string | undefined): void {
  if (fault !== undefined) throw new CommandFailure([`the ${what} ${fault}`]);
}

function shown({ createdAt, lastLoginAt, disabledAt, ...account }: Account): Json {
  return {
    ...account,
    createdAt: timeOf(createdAt),
    lastLoginAt: timeOf(lastLoginAt),
    disabledAt: timeOf(disabledAt),
  };
}

function cells({ username, id, roles, scopes, lastLoginAt, disabledAt }: Account): string[] {
  const state = disabledAt === undefined ? 'active' : 'disabled';
  return [
    username,
    id,
    roles.join(',') || '-',
    scopes.join(' ') || '-',
    timeOf(lastLoginAt) ?? 'never',
    state,
  ];
}

function timeOf(moment: number | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}
