import { availableParallelism } from 'node:os';
import type { HashingPlace } from '../../identity/account/passwords.ts';
import { SignalSource } from '../../kernel/abort.ts';
import { GatewayError } from '../../kernel/error.ts';
import { Bulkhead } from '../../policy/bulkhead.ts';

/**
 * Passwords hashed at a time. Each takes a core and 19 MiB for some 25 ms, and one of the four threads on which Node
 * looks up names and reads files as well: one core and one thread are left to the rest of the gateway.
 */
const CONCURRENT = Math.max(1, Math.min(3, availableParallelism() - 1));
/** Passwords that may wait: for two seconds at the most. */
const QUEUED = 64;

/** The place where a gateway hashes passwords. */
export function createHashingPlace(): HashingPlace {
  const bulkhead = new Bulkhead({ concurrent: CONCURRENT, queued: QUEUED });
  return async (work, signal = new SignalSource()) => {
    const place = bulkhead.enter(signal);
    if (place === false) {
      throw new GatewayError('UPSTREAM_OVERLOADED', 'Service unavailable', {
        retryAfter: 1,
        cause: 'too many passwords wait to be hashed',
      });
    }
    if (place !== true) await place;
    try {
      return await work();
    } finally {
      bulkhead.leave();
    }
  };
}
