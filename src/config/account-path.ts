const NAMES = ['register', 'login', 'refresh', 'logout', 'setup'] as const;
export type AccountEndpoint = (typeof NAMES)[number];

/** Where services find the keys that verify access tokens (RFC 8615, RFC 7517). */
export const KEYS_PATH = '/.well-known/jwks.json';

/** Path of one of the endpoints of `auth.accounts`, below its prefix. */
export function accountPath(prefix: string, name: AccountEndpoint): string {
  return `${prefix.replace(/\/+$/, '')}/${name}`;
}

/** All of them. */
export function accountPaths(prefix: string): string[] {
  return NAMES.map((name) => accountPath(prefix, name));
}

/** Where users make and end API keys: below the prefix of accounts, whether there are accounts or not. */
export function apiKeysPath(prefix: string): string {
  return `${prefix.replace(/\/+$/, '')}/keys`;
}
