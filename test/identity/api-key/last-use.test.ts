import { expect, it } from 'vitest';
import { createLastUse } from '../../../src/identity/api-key/last-use.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const writes: { ids: readonly string[]; at: number }[] = [];
  let fails = false;
  const store = {
    async touch(ids: readonly string[], at: number) {
      if (fails) throw new Error('the database is away');
      writes.push({ ids, at });
    },
  };
  return { clock, writes, lastUse: createLastUse(store, clock), fail: (now: boolean) => (fails = now) };
}

it('writes once a minute for each key, and for all of a second at once', async () => {
  const { clock, writes, lastUse } = start();
  for (let i = 0; i < 1000; i++) lastUse.note(i % 2 ? 'a' : 'b');
  expect(writes).toEqual([]);
  await clock.pass(1000);
  expect(writes).toEqual([{ ids: ['b', 'a'], at: clock.wall() }]);
  await clock.pass(58_000);
  lastUse.note('a');
  await clock.pass(1000);
  expect(writes.length).toBe(1);
  lastUse.note('a');
  await clock.pass(1000);
  expect(writes.at(-1)).toEqual({ ids: ['a'], at: clock.wall() });
  expect(clock.pending).toBe(0);
});

it('writes at most 500 at a time, and what is left when it is closed', async () => {
  const { clock, writes, lastUse } = start();
  for (let i = 0; i < 1200; i++) lastUse.note(String(i));
  await lastUse.close();
  expect(writes.map(({ ids }) => ids.length)).toEqual([500, 500, 200]);
  expect(clock.pending).toBe(0);
});

it('goes on after a write that failed', async () => {
  const { clock, writes, lastUse, fail } = start();
  fail(true);
  lastUse.note('a');
  await clock.pass(1000);
  fail(false);
  await clock.pass(60_000);
  lastUse.note('a');
  await clock.pass(1000);
  expect(writes.length).toBe(1);
});
