import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Count, Counters } from './counters.ts';
import type { Limit } from './limit.ts';
import { type Caller, subjectOf } from './subject.ts';

/** What is taken from a limit, where it is not one point for one request. */
export interface Taking {
  readonly points?: number;
  /** Sets counters of the same limit and caller further apart: an argument's value, say. Bounded in length by the caller. */
  readonly part?: string;
}

/**
 * Takes points from what a caller has left of a limit. Never throws and never rejects; who asks decides what a refusal
 * means, and has `rateLimited` for the usual one:
 *
 *     const limit = createLimit('Query.posts', { requests: 10, window: 60_000, by: ['user', 'ip'] }, ['field', 'Query.posts']);
 *     const count = await takeFrom(counters, limit, scope, { points: 3, part: argumentsHash });
 *     if (!count.allowed) throw rateLimited(limit, count, clock);
 */
export function takeFrom(
  counters: Counters,
  limit: Limit,
  caller: Caller,
  { points = 1, part }: Taking = {},
): Count | Promise<Count> {
  const subject = subjectOf(limit.by, caller);
  const key = part === undefined ? `${limit.space}:${subject}` : `${limit.space}:${part}:${subject}`;
  return counters.consume(key, limit, points);
}

/** The error for who is over a limit. `Retry-After` is a second at least (RFC 9110, section 10.2.3). */
export function rateLimited(limit: Limit, { resetAt }: Count, clock: Clock): GatewayError {
  const retryAfter = Math.max(1, Math.ceil((resetAt - clock.wall()) / 1000));
  return new GatewayError('RATE_LIMITED', limit.message, { retryAfter });
}
