import { describe, expect, it } from 'vitest';
import type { ApiKey } from '../../../src/identity/api-key/api-key.ts';
import { createFindKey } from '../../../src/identity/api-key/find-key.ts';
import { createKeyText, hashKey } from '../../../src/identity/api-key/key-text.ts';
import { createKeyVerifier, FRESH_FOR } from '../../../src/identity/api-key/verify-key.ts';
import type { Principal } from '../../../src/kernel/principal.ts';
import { StorageUnavailableError } from '../../../src/storage/storage-unavailable.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const KEY: ApiKey = {
  id: 'k1',
  name: 'a key',
  owner: 'ann',
  ownerName: 'Ann',
  madeVia: 'jwt',
  roles: ['editor'],
  scopes: ['read'],
  limit: undefined,
  createdAt: 0,
  expiresAt: undefined,
  lastUsedAt: undefined,
  revokedAt: undefined,
};

/** Keys in a table that answers when it is told to, and counts what it is asked. */
function start() {
  const clock = new FakeClock();
  const table = new Map<string, ApiKey>();
  const queries: (readonly string[])[] = [];
  const used: string[] = [];
  let answer: (() => Promise<void>) | undefined;
  const store = {
    async find(hashes: readonly string[]) {
      queries.push(hashes);
      await answer?.();
      return new Map(hashes.flatMap((hash) => [[hash, table.get(hash)] as const]).filter(isKnown));
    },
  };
  const verifier = createKeyVerifier({
    find: createFindKey(store, clock),
    clock,
    used: (id) => used.push(id),
  });
  return {
    clock,
    queries,
    used,
    verifier,
    add(key: Partial<ApiKey> = {}): string {
      const { text } = createKeyText();
      table.set(hashKey(text), { ...KEY, ...key });
      return text;
    },
    change(text: string, key: Partial<ApiKey>): void {
      table.set(hashKey(text), { ...(table.get(hashKey(text)) as ApiKey), ...key });
    },
    /** From now on queries wait for what this gives. */
    holdBack(wait: (() => Promise<void>) | undefined): void {
      answer = wait;
    },
    /** The status of a request with this key, and who it is from. */
    async ask(text: string): Promise<Principal | string> {
      try {
        return await verifier.verify(text);
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
}

function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((open) => {
    resolve = open;
  });
  return { promise, resolve };
}

function isKnown(entry: readonly [string, ApiKey | undefined]): entry is readonly [string, ApiKey] {
  return entry[1] !== undefined;
}

describe('a key that is known', () => {
  it('is asked for once, and is the same caller each time', async () => {
    const { verifier, add, queries, clock, ask } = start();
    const text = add();
    const first = await ask(text);
    expect(first).toEqual({
      via: 'api-key',
      id: 'ann',
      name: 'Ann',
      roles: ['editor'],
      scopes: ['read'],
      claims: { key_id: 'k1', key_name: 'a key' },
      keyId: 'k1',
    });
    // At once, without a promise.
    expect(verifier.verify(text)).toBe(first);
    await clock.pass(FRESH_FOR);
    expect(await ask(text)).toBe(first);
    expect(queries.length).toBe(2);
  });

  it('is asked for anew beside the requests while it is in use, so that nobody waits', async () => {
    const { verifier, add, queries, clock, ask, change } = start();
    const text = add();
    await ask(text);
    await clock.pass(FRESH_FOR / 2);
    for (let i = 0; i < 10; i++) expect(verifier.verify(text)).toMatchObject({ id: 'ann' });
    expect(queries.length).toBe(2);
    await clock.pass(FRESH_FOR - 1);
    expect(verifier.verify(text)).toMatchObject({ id: 'ann' });
    change(text, { roles: ['reader'] });
    await clock.pass(FRESH_FOR / 2);
    expect(await ask(text)).toMatchObject({ roles: ['reader'] });
  });

  it('is not passed for longer than it is known to be good', async () => {
    const { add, clock, ask, change } = start();
    const text = add();
    await ask(text);
    change(text, { revokedAt: 1 });
    await clock.pass(FRESH_FOR - 1);
    expect(await ask(text)).toMatchObject({ id: 'ann' });
    await clock.pass(1);
    expect(await ask(text)).toBe('Invalid token');
  });

  it('is refused from the moment that it is revoked here, also if the database was asked before', async () => {
    const { verifier, add, ask, holdBack } = start();
    const text = add();
    const { promise, resolve } = gate();
    holdBack(() => promise);
    const early = ask(text);
    verifier.forget('k1');
    resolve();
    expect(await early).toBe('Invalid token');
    expect(await ask(text)).toBe('Invalid token');
  });

  it('works while the database is away until its time is over, and is neither good nor bad then', async () => {
    const { add, clock, ask, holdBack } = start();
    const text = add();
    await ask(text);
    holdBack(() => Promise.reject(new StorageUnavailableError('Service unavailable')));
    await clock.pass(FRESH_FOR - 1);
    expect(await ask(text)).toMatchObject({ id: 'ann' });
    await clock.pass(1);
    expect(await ask(text)).toBe('Service unavailable');
    holdBack(undefined);
    expect(await ask(text)).toMatchObject({ id: 'ann' });
  });

  it('expires to the millisecond, also while it is known', async () => {
    const { add, clock, ask } = start();
    const text = add({ expiresAt: clock.wall() + 1000 });
    await ask(text);
    await clock.pass(999);
    expect(await ask(text)).toMatchObject({ id: 'ann' });
    await clock.pass(1);
    expect(await ask(text)).toBe('Token expired');
  });

  it('notes that it was used only where it was good', async () => {
    const { add, ask, used } = start();
    await ask(add({ id: 'good' }));
    await ask(add({ id: 'bad', revokedAt: 1 }));
    await ask(add({ id: 'old', expiresAt: 1 }));
    expect(used).toEqual(['good']);
  });
});

describe('a key that there is not', () => {
  it('costs nothing if it can be none', async () => {
    const { ask, queries } = start();
    for (const text of ['', 'portico_', 'x'.repeat(100_000), `${createKeyText().text.slice(0, -1)}!`])
      expect(await ask(text)).toBe('Invalid token');
    expect(queries).toEqual([]);
  });

  it('is asked for once in a while, however often it comes', async () => {
    const { ask, queries, clock, add } = start();
    const { text } = createKeyText();
    expect(await Promise.all(Array.from({ length: 100 }, () => ask(text)))).toEqual(
      Array(100).fill('Invalid token'),
    );
    for (let i = 0; i < 100; i++) await ask(text);
    expect(queries.length).toBe(1);
    await clock.pass(FRESH_FOR);
    await ask(text);
    expect(queries.length).toBe(2);
    expect(await ask(add())).toMatchObject({ id: 'ann' });
  });

  it('goes with others in one small query at a time', async () => {
    const { ask, queries, add } = start();
    const good = add();
    const made = Array.from({ length: 1000 }, () => createKeyText().text);
    const answers = await Promise.all([...made, good].map(ask));
    expect(answers.slice(0, -1)).toEqual(Array(1000).fill('Invalid token'));
    expect(answers.at(-1)).toMatchObject({ id: 'ann' });
    expect(queries.length).toBe(11);
    expect(Math.max(...queries.map((hashes) => hashes.length))).toBe(100);
    expect(new Set(queries.flat()).size).toBe(1001);
  });

  it('does not wait behind thousands of others', async () => {
    const { ask, queries, holdBack } = start();
    const { promise, resolve } = gate();
    holdBack(() => promise);
    const first = Array.from({ length: 2001 }, () => ask(createKeyText().text));
    expect(await ask(createKeyText().text)).toBe('Service unavailable');
    resolve();
    expect(new Set(await Promise.all(first))).toEqual(new Set(['Invalid token']));
    expect(queries.length).toBe(21);
  });
});

it('does not wait for a database that says nothing', async () => {
  const { ask, clock, holdBack, add } = start();
  const text = add();
  holdBack(() => new Promise(() => {}));
  const answer = ask(text);
  await clock.pass(500);
  // Nor does who comes later wait behind the others and then for itself.
  const later = Array.from({ length: 150 }, () => ask(createKeyText().text));
  await clock.pass(1500);
  expect(await answer).toBe('Service unavailable');
  expect(new Set(await Promise.all(later))).toEqual(new Set(['Service unavailable']));
  expect(clock.pending).toBe(0);
  holdBack(undefined);
  expect(await ask(text)).toMatchObject({ id: 'ann' });
});
