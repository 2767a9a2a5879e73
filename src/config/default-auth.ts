import type { Config } from './schema/config.ts';

type Auth = Config['auth'];

/** Whether the configuration has any way for a caller to prove who it is. */
export function canProve(auth: Auth): boolean {
  return (
    auth.jwt.length > 0 || auth.apiKeys.enabled || auth.accounts.enabled || auth.serviceKeys.keys.length > 0
  );
}

/** `auth` of routes that have none of their own: `auth.default`, else required as soon as a caller can prove anything. */
export function defaultAuth(auth: Auth): 'required' | 'optional' | 'none' {
  return auth.default ?? (canProve(auth) ? 'required' : 'none');
}
