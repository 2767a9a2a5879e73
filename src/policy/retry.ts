import { abortError, listenForAbort, type Signal } from '../kernel/abort.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Handler, Layer } from '../kernel/handler.ts';
import type { Scope } from '../kernel/scope.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface RetryOptions<Q, S> {
  readonly clock: Clock;
  /** Tries after the first one. */
  readonly attempts: number;
  /** Milliseconds: the longest wait before the first retry; it doubles with each. */
  readonly backoff: number;
  readonly budget: RetryBudget;
  /** Numbers from 0 up to, not including, 1. */
  random(): number;
  /** Whether this failure is worth another try, and the request can be sent again. */
  again(request: Q, error: unknown): boolean;
  /** The same for an answer. */
  againAnswer(request: Q, answer: S): boolean;
  /** Lets go of an answer that another try will replace. */
  discard(answer: S): void;
}

/**
 * Tries again, after a random wait ("full jitter": anything up to the bound, so that callers who failed together don't
 * come back together), while tries, budget and deadline allow. What fails last goes through as it is.
 */
export function createRetry<Q, S>(options: RetryOptions<Q, S>): Layer<Q, S> {
  const { clock, attempts, budget } = options;

  /** Milliseconds to wait, or undefined if there is to be no further try. */
  const permitted = (retries: number, scope: Scope): number | undefined => {
    if (retries >= attempts) return undefined;
    const wait = options.random() * options.backoff * 2 ** retries;
    if (clock.now() + wait >= scope.deadline || !budget.withdraw()) return undefined;
    return wait;
  };

  const attempt = (next: Handler<Q, S>, request: Q, scope: Scope, retries: number): Promise<S> => {
    const another = (wait: number) =>
      sleep(clock, wait, scope.signal).then(() => attempt(next, request, scope, retries + 1));
    return next(request, scope).then(
      (answer) => {
        const wait = options.againAnswer(request, answer) ? permitted(retries, scope) : undefined;
        if (wait === undefined) return answer;
        options.discard(answer);
        return another(wait);
      },
      (error) => {
        const wait = options.again(request, error) ? permitted(retries, scope) : undefined;
        if (wait === undefined) throw error;
        return another(wait);
      },
    );
  };

  return (next) => (request, scope) => {
    budget.deposit();
    return attempt(next, request, scope, 0);
  };
}

/** Resolves after so many milliseconds; rejects with the signal's reason if that comes first. */
function sleep(clock: Clock, milliseconds: number, signal: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    const onAbort = () => {
      timer?.cancel();
      reject(abortError(signal));
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    listenForAbort(signal, onAbort);
    timer = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
