import { TimerList } from './timer-list.ts';

/** A pending `Clock.delay` callback. */
export interface Timer {
  cancel(): void;
}

/** Time as the gateway sees it. Everything that waits or measures takes one, so that tests need no sleep. */
export interface Clock {
  /** Milliseconds that only ever grow; for durations and deadlines. */
  now(): number;
  /** Milliseconds since 1970; for what people and other machines read. */
  wall(): number;
  /** Calls back once after `ms`. The timer alone does not keep the process alive. */
  after(ms: number, callback: () => void): Timer;
}

/** Durations from the configuration come again with every request; one that was computed hardly ever does. */
const lists = new Map<number, TimerList>();

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, callback) {
    if (Number.isInteger(ms) && ms > 0) return listOf(ms).set(callback);
    const timer = setTimeout(callback, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

function listOf(ms: number): TimerList {
  let list = lists.get(ms);
  if (list === undefined) {
    list = new TimerList(ms, () => lists.delete(ms));
    lists.set(ms, list);
  }
  return list;
}
