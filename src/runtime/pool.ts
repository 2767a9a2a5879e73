import { isDeepStrictEqual } from 'node:util';

/** Use of one pooled thing by one runtime. */
export interface Lease<T> {
  readonly value: T;
  /** Gives it back; whoever gives it back last disposes of it. Call once. */
  release(): Promise<void>;
}

/**
 * Live things that outlive runtimes: connections, breakers, health, counters and keys carry over a reload if the
 * settings that they were made from have not changed.
 */
export interface Pool<S, T> {
  /** The live thing of this name if its settings are equal, else a new one. Throws what `create` throws. */
  acquire(name: string, settings: S): Lease<T>;
}

interface Pooled<S, T> {
  readonly settings: S;
  readonly value: T;
  users: number;
}

/** `dispose` may take its time: what is in flight is let end. */
export function createPool<S, T>(
  create: (name: string, settings: S) => T,
  dispose: (value: T) => Promise<void>,
): Pool<S, T> {
  const pooled = new Map<string, readonly Pooled<S, T>[]>();

  function find(name: string, settings: S): Pooled<S, T> {
    const known = pooled.get(name) ?? [];
    const same = known.find((one) => isDeepStrictEqual(one.settings, settings));
    if (same !== undefined) return same;
    const made = { settings, value: create(name, settings), users: 0 };
    // What it replaces stays beside it until its last runtime is gone.
    pooled.set(name, [...known, made]);
    return made;
  }

  async function release(name: string, one: Pooled<S, T>): Promise<void> {
    one.users -= 1;
    if (one.users > 0) return;
    const left = (pooled.get(name) ?? []).filter((other) => other !== one);
    if (left.length > 0) pooled.set(name, left);
    else pooled.delete(name);
    await dispose(one.value);
  }

  return {
    acquire(name, settings) {
      const one = find(name, settings);
      one.users += 1;
      return { value: one.value, release: () => release(name, one) };
    },
  };
}
