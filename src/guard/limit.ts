import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Handler, Layer } from '../kernel/handler.ts';
import type { CallerLimit } from '../kernel/principal.ts';
import type { Scope } from '../kernel/scope.ts';
import type { Count, Counters } from '../limits/counters.ts';
import { createLimit, type Limit } from '../limits/limit.ts';
import { limitHeaders } from '../limits/limit-headers.ts';
import { rateLimited, takeFrom } from '../limits/take.ts';
import type { Admission } from './admission.ts';

export interface LimitOptions {
  readonly counters: Counters;
  readonly clock: Clock;
}

/**
 * Counts a request by the limits that its entry and its caller have, and puts them on the answer. The limit of a
 * caller's own key comes first and takes the place of the default one; a limit that the entry has for itself holds
 * beside it. Throws RATE_LIMITED for who is over one of them.
 */
export function limit(options: LimitOptions): Layer<Admission, void> {
  return (next) => (admission, scope) => {
    const { limit: rule } = admission.entry;
    if (rule === undefined) return next(admission, scope);
    const own = scope.principal?.limit && ownLimit(scope.principal.limit);
    const general = own === undefined || rule.isOwn ? rule.limit : undefined;
    const first = own ?? general;
    if (first === undefined) return next(admission, scope);
    const second = own && general;
    if (second === undefined) return hold(first, options, admission, scope, next);
    return hold(first, options, admission, scope, () => hold(second, options, admission, scope, next));
  };
}

/** Takes one point and goes on, at once if nobody has to be asked for it. Throws and rejects alike. */
function hold(
  one: Limit,
  options: LimitOptions,
  admission: Admission,
  scope: Scope,
  next: Handler<Admission, void>,
): Promise<void> {
  const count = takeFrom(options.counters, one, scope);
  if (!(count instanceof Promise)) {
    tell(one, count, options, admission);
    return next(admission, scope);
  }
  return count.then((known) => {
    tell(one, known, options, admission);
    return next(admission, scope);
  });
}

/** Throws RATE_LIMITED. */
function tell(one: Limit, count: Count, { clock }: LimitOptions, admission: Admission): void {
  admission.limited(count, limitHeaders(one, count, clock));
  if (!count.allowed) throw rateLimited(one, count, clock);
}

/**
 * Counts who does not get as far as `limit`, because the proof of who it is was no good or is missing: by address, for
 * nothing else is known, so that nobody can try out tokens without end. Stands before `identify`.
 */
export function limitUnidentified(options: LimitOptions): Layer<Admission, void> {
  return (next) => (admission, scope) => {
    const one = admission.entry.limit?.limit;
    if (one === undefined) return next(admission, scope);
    const fail = (error: unknown): Promise<void> => {
      const isUnidentified = error instanceof GatewayError && error.code === 'UNAUTHENTICATED';
      if (admission.isLimited || !isUnidentified) throw error;
      return hold({ ...one, by: [{ kind: 'ip' }] }, options, admission, scope, () => Promise.reject(error));
    };
    let result: Promise<void>;
    try {
      result = next(admission, scope);
    } catch (error) {
      return fail(error);
    }
    // What has been counted already can only fail in other ways.
    return admission.isLimited ? result : result.catch(fail);
  };
}

/** Callers come again and again, and their limits with them. */
const ownLimits = new WeakMap<CallerLimit, Limit>();

/** Counted by the key alone, wherever it is used. */
function ownLimit(given: CallerLimit): Limit {
  const known = ownLimits.get(given);
  if (known !== undefined) return known;
  const made = createLimit('key', { requests: given.requests, window: given.windowMs, by: ['key', 'user'] }, [
    'key',
  ]);
  ownLimits.set(given, made);
  return made;
}
