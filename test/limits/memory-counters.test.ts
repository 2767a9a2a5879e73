import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryCounters } from '../../src/limits/memory-counters.ts';
import { FakeClock } from '../support/fake-clock.ts';

const QUOTA = { requests: 3, window: 60_000 };

it('lets through what there is, and everything again when the window ends', () => {
  const clock = new FakeClock();
  const counters = new MemoryCounters(clock);
  const end = clock.wall() + 60_000;
  expect(counters.consume('a', QUOTA, 1)).toEqual({ allowed: true, limit: 3, remaining: 2, resetAt: end });
  clock.advance(59_999);
  expect(counters.consume('a', QUOTA, 2)).toEqual({ allowed: true, limit: 3, remaining: 0, resetAt: end });
  expect(counters.consume('a', QUOTA, 1)).toEqual({ allowed: false, limit: 3, remaining: 0, resetAt: end });
  expect(counters.consume('b', QUOTA, 1)).toMatchObject({ allowed: true, remaining: 2 });
  clock.advance(1);
  expect(counters.consume('a', QUOTA, 1)).toEqual({
    allowed: true,
    limit: 3,
    remaining: 2,
    resetAt: end + 60_000,
  });
});

it('takes nothing for what it refuses, and prolongs nothing', () => {
  const clock = new FakeClock();
  const counters = new MemoryCounters(clock);
  counters.consume('a', QUOTA, 2);
  const end = clock.wall() + 60_000;
  for (let i = 0; i < 100; i++) {
    clock.advance(500);
    expect(counters.consume('a', QUOTA, 2)).toEqual({ allowed: false, limit: 3, remaining: 1, resetAt: end });
  }
  expect(counters.consume('a', QUOTA, 1)).toMatchObject({ allowed: true, remaining: 0 });
});

it('never lets more through in one window than there is, and refuses only what does not fit', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b'),
    points: fc.integer({ min: 1, max: 4 }),
    pause: fc.integer({ min: 0, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (steps, requests) => {
      const clock = new FakeClock();
      const counters = new MemoryCounters(clock);
      const known = new Map<string, { end: number; used: number }>();
      for (const { key, points, pause } of steps) {
        clock.advance(pause);
        let model = known.get(key);
        if (model === undefined || clock.wall() >= model.end) model = { end: clock.wall() + 1000, used: 0 };
        const allowed = model.used + points <= requests;
        if (allowed) model.used += points;
        // A window begins with the first point that is taken.
        if (model.used > 0) known.set(key, model);
        const count = counters.consume(key, { requests, window: 1000 }, points);
        expect(count).toEqual({
          allowed,
          limit: requests,
          remaining: requests - model.used,
          resetAt: model.end,
        });
      }
    }),
  );
});

it('forgets those that have not been asked for the longest, and nobody who keeps asking', () => {
  const counters = new MemoryCounters(new FakeClock(), 10);
  for (let i = 0; i < 3; i++) counters.consume('kept', QUOTA, 1);
  for (let i = 0; i < 1000; i++) {
    counters.consume(`stranger ${i}`, QUOTA, 1);
    if (i % 5 === 0) expect(counters.consume('kept', QUOTA, 1).allowed).toBe(false);
  }
  expect(counters.consume('stranger 0', QUOTA, 1).remaining).toBe(2);
});

it('begins anew when the clock has been set back', () => {
  let wall = 1_000_000;
  const counters = new MemoryCounters({
    now: () => 0,
    wall: () => wall,
    after: () => ({ cancel: () => {} }),
  });
  for (let i = 0; i < 3; i++) counters.consume('a', QUOTA, 1);
  wall -= 500_000;
  expect(counters.consume('a', QUOTA, 1)).toMatchObject({ allowed: true, resetAt: wall + 60_000 });
});
