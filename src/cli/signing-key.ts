import { Command } from 'commander';
import type { SigningKey } from '../identity/account/signing-key-store.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import type { AccountsAtHand } from './open-accounts.ts';
import { print, table } from './report.ts';

export function signingKeyCommand(): Command {
  const parent = new Command('signing-key')
    .description('the keys that sign access tokens of accounts')
    .addHelpText('after', '\nExample:\n  $ portico signing-key rotate');
  for (const command of [list(), rotate()]) parent.addCommand(command);
  return parent;
}

function list(): Command {
  return configCommand('list', 'the key that signs, and those before it that still verify', [
    'portico signing-key list',
  ])
    .option('--json', 'as JSON')
    .action(async ({ config, json }: ConfigOption & { readonly json?: true }) => {
      await open(config, async ({ accounts }) => {
        const keys = await accounts.keys.list();
        if (json) return print(JSON.stringify(keys.map(shown), null, 2));
        const cells = keys
          .map(shown)
          .map(({ kid, createdAt, retiredAt, expiresAt }) => [
            kid,
            createdAt,
            retiredAt ?? 'signs',
            expiresAt ?? '-',
          ]);
        for (const line of table(['KID', 'CREATED', 'RETIRED', 'VERIFIES UNTIL'], cells)) print(line);
      });
    });
}

function rotate(): Command {
  return configCommand('rotate', 'make a new key that signs from now on', [
    'portico signing-key rotate',
    'portico signing-key rotate --drop-old   # after a leak: ends every access token there is',
  ])
    .option(
      '--drop-old',
      'the keys before it verify nothing any more; without it, until their tokens have ended',
    )
    .action(async ({ config, dropOld }: ConfigOption & { readonly dropOld?: true }) => {
      await open(config, async ({ accounts, auth, audit }) => {
        const { kid } = await accounts.keys.rotate(dropOld ? 0 : auth.accounts.accessTokenTtl);
        const event = {
          action: 'signing-key.rotate',
          outcome: 'success',
          actor: { via: 'command' },
        } as const;
        audit({ ...event, object: `signing-key:${kid}`, after: { dropOld: dropOld === true } });
        print(`${kid} signs from now on`);
      });
    });
}

/** Loaded late: `--help` needs no database. */
async function open<T>(config: string, work: (at: AccountsAtHand) => Promise<T>): Promise<T> {
  const { withAccounts } = await import('./open-accounts.ts');
  return withAccounts(config, work);
}

function shown({ kid, createdAt, retiredAt, expiresAt }: SigningKey) {
  const time = (moment: number | undefined) => (moment === undefined ? null : new Date(moment).toISOString());
  return {
    kid,
    createdAt: new Date(createdAt).toISOString(),
    retiredAt: time(retiredAt),
    expiresAt: time(expiresAt),
  };
}
