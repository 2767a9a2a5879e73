import type { Clock } from '../../kernel/clock.ts';

/** Waits for work that never rejects, but no longer than `ms`; undefined if there is no time at all. */
export function atMost(ms: number, work: Promise<void>, clock: Clock): Promise<void> | undefined {
  if (ms <= 0) return undefined;
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    void work.finally(() => {
      timer.cancel();
      resolve();
    });
  });
}
