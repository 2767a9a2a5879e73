import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlidingWindow } from '../../src/policy/sliding-window.ts';
import { FakeClock } from '../support/fake-clock.ts';

it('forgets what is older than the window, however long nobody looked', () => {
  const clock = new FakeClock();
  const window = new SlidingWindow(clock, 1000);
  window.addGood();
  window.addBad();
  clock.advance(899);
  expect([window.good, window.bad]).toEqual([1, 1]);
  clock.advance(101);
  expect([window.good, window.bad]).toEqual([0, 0]);
  window.addBad();
  clock.advance(1_000_000);
  expect(window.bad).toBe(0);
});

it('counts what happened within nine tenths of the window, and nothing from before it', () => {
  const events = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 1500 }), bad: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(events, (list) => {
      const clock = new FakeClock();
      const window = new SlidingWindow(clock, 1000);
      const seen: { at: number; bad: boolean }[] = [];
      for (const { wait, bad } of list) {
        clock.advance(wait);
        if (bad) window.addBad();
        else window.addGood();
        seen.push({ at: clock.now(), bad });
        const within = (age: number) => seen.filter((event) => event.bad && clock.now() - event.at < age);
        expect(window.bad).toBeGreaterThanOrEqual(within(900).length);
        expect(window.bad).toBeLessThanOrEqual(within(1000).length);
      }
    }),
  );
});
