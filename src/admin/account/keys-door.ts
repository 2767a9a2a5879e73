import { answer } from '../../guard/answer.ts';
import type { Door } from '../../guard/inbound.ts';
import type { Accounts } from '../../identity/account/accounts.ts';

/** Seconds that they may go by what they have: a new key signs from the moment that it is made. */
const MAX_AGE = 60;

const HEADERS = ['Content-Type', 'application/jwk-set+json', 'Cache-Control', `public, max-age=${MAX_AGE}`];

/** Shows the public halves of all keys that verify (RFC 7517). */
export function createKeysDoor({ keys }: Pick<Accounts, 'keys'>): Door {
  return async ({ response }) => answer(response, 200, HEADERS, JSON.stringify(await keys.jwks()));
}
