import type { Config } from '../config/schema/config.ts';
import type { Phase } from '../guard/create-guard.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Listener } from './listener.ts';

/** Milliseconds between looks for connections that have become free while draining. */
const SWEEP = 50;

/**
 * Ends a listener without cutting answers: readiness turns first (`delay`: time for load balancers to notice), then
 * nothing new is taken on, and what is in flight has `timeout` milliseconds to end before it is cut.
 */
export async function drain(
  listener: Listener,
  { delay, timeout }: Config['server']['drain'],
  setPhase: (phase: Phase) => void,
  clock: Clock,
): Promise<void> {
  setPhase('draining');
  if (delay > 0) await wait(delay, clock);
  setPhase('stopping');
  const stopped = listener.stop();
  const deadline = clock.after(timeout, () => listener.cut());
  let over = false;
  const sweep = () => {
    if (over) return;
    listener.closeIdle();
    clock.after(SWEEP, sweep);
  };
  sweep();
  await stopped;
  over = true;
  deadline.cancel();
}

function wait(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
