import type { Clock, Timer } from '../../kernel/clock.ts';
import type { ApiKeyStore } from './api-key-store.ts';

/** Milliseconds between two notes of the same key's use. */
const INTERVAL = 60_000;
/** Milliseconds that a note waits for others, so that they are one query. */
const GATHER = 1000;
/** Keys in one query. */
const BATCH = 500;

/** Notes when keys were last used, to the minute, beside the requests. */
export interface LastUse {
  note(id: string): void;
  /** Writes what is still to be written. */
  close(): Promise<void>;
}

/** A note that can't be written is dropped, and made anew by a use a minute later: no request is worth less for it. */
export function createLastUse(store: Pick<ApiKeyStore, 'touch'>, clock: Clock): LastUse {
  /** When each key's use was noted; after `INTERVAL` it is of no use any more. */
  let noted = new Map<string, number>();
  let sweptAt = clock.now();
  let pending = new Set<string>();
  let timer: Timer | undefined;

  function sweep(now: number): void {
    if (now - sweptAt < INTERVAL) return;
    sweptAt = now;
    noted = new Map([...noted].filter(([, at]) => now - at < INTERVAL));
  }

  async function write(): Promise<void> {
    timer = undefined;
    const ids = [...pending];
    pending = new Set();
    const at = clock.wall();
    for (let i = 0; i < ids.length; i += BATCH)
      await store.touch(ids.slice(i, i + BATCH), at).catch(() => {});
  }

  return {
    note(id) {
      const now = clock.now();
      const last = noted.get(id);
      if (last !== undefined && now - last < INTERVAL) return;
      sweep(now);
      noted.set(id, now);
      pending.add(id);
      timer ??= clock.after(GATHER, () => void write());
    },
    async close() {
      timer?.cancel();
      await write();
    },
  };
}
