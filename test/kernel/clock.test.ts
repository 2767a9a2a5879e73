import { expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';

/** Resolves with what has been called, in order, once `last` has been. */
function calls(set: (call: (name: string) => () => void) => void, last: string): Promise<string[]> {
  const names: string[] = [];
  return new Promise((resolve) => {
    set((name) => () => {
      names.push(name);
      if (name === last) resolve(names);
    });
  });
}

it('calls back in order of time, and not what was cancelled', async () => {
  const names = await calls((call) => {
    systemClock.after(20, call('second'));
    systemClock.after(20, call('cancelled')).cancel();
    systemClock.after(20, call('third'));
    systemClock.after(10, call('first'));
    systemClock.after(30.5, call('last'));
  }, 'last');
  expect(names).toEqual(['first', 'second', 'third', 'last']);
});

it('calls back what was set while another one of the same duration ran', async () => {
  const names = await calls((call) => {
    systemClock.after(10, () => {
      call('first')();
      systemClock.after(10, call('last'));
    });
    systemClock.after(10, call('second'));
  }, 'last');
  expect(names).toEqual(['first', 'second', 'last']);
});

it('calls back once its time is there, and not before', async () => {
  const start = systemClock.now();
  await new Promise<void>((resolve) => systemClock.after(25, resolve));
  expect(systemClock.now() - start).toBeGreaterThanOrEqual(24);
});

it('lets a cancelled one be cancelled again, and one that has run', async () => {
  let timer = systemClock.after(5, () => {});
  timer.cancel();
  timer.cancel();
  await new Promise<void>((resolve) => (timer = systemClock.after(5, resolve)));
  timer.cancel();
  expect(await calls((call) => systemClock.after(5, call('still')), 'still')).toEqual(['still']);
});
