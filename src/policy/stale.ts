import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import type { Handler, Layer } from '../kernel/handler.ts';
import type { Scope } from '../kernel/scope.ts';

/** An answer as it is kept. `size` in bytes. */
export interface Kept<K> {
  readonly value: K;
  readonly size: number;
}

export interface StaleOptions<Q, S, K> {
  readonly clock: Clock;
  /** The most bytes kept in all; the least recently used go first. */
  readonly capacity: number;
  /** Under which the answer is kept; undefined: this request neither keeps nor wants an old one. */
  key(request: Q, scope: Scope): string | undefined;
  /** Milliseconds that an old answer may be old. */
  maxAge(request: Q): number;
  /**
   * Judges an answer. `failure`: why it is a failed one. Otherwise `keep` is called, now or when all of it is here, if
   * it is one to be kept. `answer` goes to the caller in place of what came in.
   */
  judge(request: Q, answer: S, keep: (kept: Kept<K>) => void): Promise<{ answer: S; failure?: Error }>;
  /** Whether an old answer may stand in for this error. */
  standsInFor(error: unknown): boolean;
  /** A kept answer, `age` milliseconds old, as the answer to a call that failed. */
  revive(kept: K, age: number, failure: Error): S;
  discard(answer: S): void;
}

/** Keeps good answers, and gives the last one to the same request when a call fails; without one the failure stands. */
export function createStale<Q, S, K extends {}>(options: StaleOptions<Q, S, K>): Layer<Q, S> {
  const { clock } = options;
  const store = new LRUCache<string, Kept<K> & { readonly at: number }>({
    maxSize: options.capacity,
    sizeCalculation: (entry, key) => entry.size + key.length + 1,
  });

  const old = (key: string, request: Q, failure: Error): S | undefined => {
    const entry = store.get(key);
    if (!entry) return undefined;
    const age = clock.now() - entry.at;
    return age <= options.maxAge(request) ? options.revive(entry.value, age, failure) : undefined;
  };

  return (next) => (request, scope) => {
    const key = options.key(request, scope);
    return key === undefined ? next(request, scope) : keepAndRevive(key, next, request, scope);
  };

  async function keepAndRevive(key: string, next: Handler<Q, S>, request: Q, scope: Scope): Promise<S> {
    const keep = (kept: Kept<K>) => void store.set(key, { ...kept, at: clock.now() });
    try {
      const received = await next(request, scope);
      const { answer, failure } = await options.judge(request, received, keep);
      const instead = failure && old(key, request, failure);
      if (instead === undefined) return answer;
      options.discard(answer);
      return instead;
    } catch (error) {
      const instead = options.standsInFor(error) ? old(key, request, error as Error) : undefined;
      if (instead === undefined) throw error;
      return instead;
    }
  }
}
