import { describe, expect, it } from 'vitest';
import { createPool } from '../../src/runtime/pool.ts';

interface Thing {
  readonly made: number;
  disposed: number;
}

function counting() {
  const things: Thing[] = [];
  const pool = createPool(
    (_name: string, _settings: object): Thing => {
      const thing = { made: things.length, disposed: 0 };
      things.push(thing);
      return thing;
    },
    async (thing) => {
      thing.disposed += 1;
    },
  );
  return { pool, things };
}

describe('createPool', () => {
  it('keeps a thing whose settings are equal, until its last user gives it back', async () => {
    const { pool, things } = counting();
    const first = pool.acquire('users', { urls: ['a'], deep: { x: 1 } });
    const second = pool.acquire('users', { urls: ['a'], deep: { x: 1 } });
    expect(second.value).toBe(first.value);
    await first.release();
    expect(things).toMatchObject([{ disposed: 0 }]);
    await second.release();
    expect(things).toMatchObject([{ disposed: 1 }]);
  });

  it('makes a new one for other settings or another name, and lets the old one serve its users', async () => {
    const { pool, things } = counting();
    const old = pool.acquire('users', { urls: ['a'] });
    const changed = pool.acquire('users', { urls: ['b'] });
    pool.acquire('posts', { urls: ['a'] });
    expect(things).toHaveLength(3);
    expect(changed.value).not.toBe(old.value);
    await old.release();
    expect(things).toMatchObject([{ disposed: 1 }, { disposed: 0 }, { disposed: 0 }]);
  });

  it('goes back to the old one while that still lives', () => {
    const { pool } = counting();
    const old = pool.acquire('users', { urls: ['a'] });
    pool.acquire('users', { urls: ['b'] });
    expect(pool.acquire('users', { urls: ['a'] }).value).toBe(old.value);
  });

  it('makes a new one after the old one has been disposed of', async () => {
    const { pool, things } = counting();
    await pool.acquire('users', {}).release();
    pool.acquire('users', {});
    expect(things).toMatchObject([{ disposed: 1 }, { disposed: 0 }]);
  });
});
