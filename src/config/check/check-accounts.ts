import { valueAt } from '../describe-issue.ts';
import type { Config } from '../schema/config.ts';
import type { Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

/** Milliseconds. Tokens tell their time in whole seconds. */
const SHORTEST = 1000;
/** Milliseconds: an access token that lives longer than this is as good as a password to whoever finds it. */
const LONG = 86_400_000;

/** How long tokens live. */
export function checkAccounts(source: Source, { accounts }: Config['auth']): Finding[] {
  if (valueAt(source.value, ['auth', 'accounts', 'enabled']) !== true) return [];
  const { accessTokenTtl, refreshTokenTtl } = accounts;
  const at = (key: string, message: string, severity: Finding['severity'] = 'error'): Finding => ({
    path: ['auth', 'accounts', key],
    on: 'value',
    severity,
    message: `auth.accounts.${key} ${message}`,
  });
  if (accessTokenTtl < SHORTEST)
    return [at('accessTokenTtl', 'must be a second at least; 30m is a good choice')];
  if (refreshTokenTtl < accessTokenTtl) {
    return [at('refreshTokenTtl', 'must not be shorter than accessTokenTtl: nobody could ever refresh')];
  }
  if (accessTokenTtl <= LONG) return [];
  const message = 'is longer than a day; refresh tokens are for long logins, and are found out when stolen';
  return [at('accessTokenTtl', message, 'warning')];
}
