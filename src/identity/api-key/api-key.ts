import type { CallerLimit, Principal } from '../../kernel/principal.ts';

/** Milliseconds that a key may live, and a window of its limit last: a hundred years, which every date can be written of. */
export const LONGEST = 36_500 * 86_400_000;

/** The owner has as many keys as one may have. */
export class TooManyKeysError extends Error {
  override readonly name = 'TooManyKeysError';
}

/** What is known of a key, but for the key. Moments are in milliseconds since 1970. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** Id of whom it stands for: services and limits by user see this one. */
  readonly owner: string;
  readonly ownerName: string | undefined;
  /** How its maker had proved who it is; `command`: it was made on the machine. */
  readonly madeVia: Principal['via'] | 'command';
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Beside the limits of the configuration. */
  readonly limit: CallerLimit | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** To the minute; undefined: never. */
  readonly lastUsedAt: number | undefined;
  readonly revokedAt: number | undefined;
}

/** Who calls with this key: its owner, with what the key may do and no more. */
export function principalOfKey(key: ApiKey): Principal {
  return Object.freeze({
    via: 'api-key',
    id: key.owner,
    name: key.ownerName,
    roles: key.roles,
    scopes: key.scopes,
    claims: Object.freeze({ key_id: key.id, key_name: key.name }),
    keyId: key.id,
    ...(key.limit && { limit: key.limit }),
  });
}
