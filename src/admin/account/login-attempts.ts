import { createHash } from 'node:crypto';
import { readUsername } from '../../identity/account/credentials.ts';
import type { Clock } from '../../kernel/clock.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { Scope } from '../../kernel/scope.ts';
import type { Count, Counters } from '../../limits/counters.ts';
import { createLimit, type Limit } from '../../limits/limit.ts';
import { limitHeaders } from '../../limits/limit-headers.ts';
import { addressOf } from '../../limits/subject.ts';
import { rateLimited } from '../../limits/take.ts';

const WINDOW = 15 * 60_000;
/** Failed logins in that time: for one name, and from one address for whatever names. */
const BY_NAME = createLimit('login', { requests: 10, window: WINDOW, by: [] }, ['login', 'name']);
const BY_ADDRESS = createLimit('login', { requests: 50, window: WINDOW, by: ['ip'] }, ['login', 'ip']);
/** Accounts that one address may ask for in that time. */
const REGISTRATIONS = createLimit('register', { requests: 20, window: WINDOW, by: ['ip'] }, [
  'register',
  'ip',
]);

/** Bounds how often passwords can be guessed, and accounts be asked for. */
export interface LoginAttempts {
  /**
   * Does a login whose failures count. A point is taken before, so that no number of guesses at once gets past the
   * bound, and given back by a success or a fault of ours. A name counts whether there is such an account or not.
   * Throws RATE_LIMITED.
   */
  login<T extends { readonly ok: boolean }>(
    username: string,
    scope: Scope,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Counts a registration. Throws RATE_LIMITED. */
  register(scope: Scope): Promise<void>;
}

export function createLoginAttempts(counters: Counters, clock: Clock): LoginAttempts {
  /** What it says of limits is of this one: the endpoint's own may have plenty left. */
  function refusal(limit: Limit, count: Count): GatewayError {
    const { code, message, retryAfter = 1 } = rateLimited(limit, count, clock);
    const headers: Record<string, string> = {};
    const flat = limitHeaders(limit, count, clock);
    for (let i = 0; i + 1 < flat.length; i += 2) headers[flat[i] as string] = flat[i + 1] as string;
    return new GatewayError(code, message, { retryAfter, headers });
  }

  async function take(limit: Limit, key: string): Promise<Count> {
    const count = await counters.consume(key, limit, 1);
    if (!count.allowed) throw refusal(limit, count);
    return count;
  }

  /** Gives the point back if the login fails by a fault of ours. */
  async function guarded<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await counters.refund(name, 1);
      throw error;
    }
  }

  return {
    async login(username, scope, work) {
      const address = `${BY_ADDRESS.space}:${addressOf(scope)}`;
      const name = `${BY_NAME.space}:${hashOf(username)}`;
      // The address first: who has used that up must not be able to lock others out of their accounts.
      await take(BY_ADDRESS, address);
      try {
        const { limit, remaining } = await take(BY_NAME, name);
        const result = await guarded(name, work);
        // All that had failed until then was its user's own doing.
        if (result.ok)
          await Promise.all([counters.refund(address, 1), counters.refund(name, limit - remaining)]);
        return result;
      } catch (error) {
        // No password was looked at.
        await counters.refund(address, 1);
        throw error;
      }
    },
    async register(scope) {
      await take(REGISTRATIONS, `${REGISTRATIONS.space}:${addressOf(scope)}`);
    },
  };
}

/** Bounded in length whatever is sent, and no list of names for who looks into Redis. */
function hashOf(username: string): string {
  return createHash('sha256').update(readUsername(username).key).digest('base64url');
}
