import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Handler } from '../../src/kernel/handler.ts';
import { getHeaderValues } from '../../src/kernel/headers.ts';
import type { Headers } from '../../src/kernel/scope.ts';
import { type Answered, Cache, type CacheOptions } from '../../src/policy/cache.ts';
import type { Entry } from '../../src/policy/cache-entry.ts';
import { type CacheStore, MemoryStore } from '../../src/policy/cache-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { policyScope } from './scope.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
}

interface Answer extends Answered {
  readonly body: string;
  readonly said?: string;
}

const IDENTITY = ['authorization', 'cookie', 'x-user-id'];

function cacheOver(
  next: Handler<Request, Answer>,
  given: Partial<CacheOptions<Request, Answer, string>> = {},
) {
  const clock = new FakeClock();
  const cache = new Cache<Request, Answer, string>({
    clock,
    store: new MemoryStore<Entry<string>>(1_000_000),
    identity: IDENTITY,
    individual: (name) => name === 'x-request-id',
    use: () => 'keep',
    suits: () => true,
    derive: (request, headers) => ({ ...request, method: 'GET', headers }),
    ownScope: (scope) => scope,
    record: ({ body }, whole) => {
      whole(body, body.length);
      return true;
    },
    note: (answer, kept) => ({ ...answer, kept }),
    revive: ({ status, headers, body }) => ({ status, headers, body }),
    bare: (answer, status, headers) => ({ ...answer, status, headers, body: '' }),
    mark: (_request, answer, said) => ({ ...answer, said }),
    drain: async () => {},
    discard: () => {},
    standsInFor: () => true,
    notCached: () => new Error('not cached'),
    ...given,
  });
  const handle = cache.lookup(cache.keep(next));
  const call = (method: string, path: string) => handle({ method, path, headers: [] }, policyScope());
  const get = (headers: Headers = [], path = '/') => handle({ method: 'GET', path, headers }, policyScope());
  return { clock, get, call };
}

/** Answers with what it was asked: who gets it can tell for whom it was made. */
function mirror(headersFor: (request: Request) => Headers): Handler<Request, Answer> {
  return async (request) => ({
    status: 200,
    headers: headersFor(request),
    body: JSON.stringify([request.path, request.headers]),
  });
}

/** What two requests must have in common to share an answer, said as plainly as it can be. */
function valuesOf(headers: Headers, name: string): string | undefined {
  const values = getHeaderValues(headers, name).map((value) => value.trim());
  return values.length === 0 ? undefined : values.join(',');
}

/** Names of the headers that an answer is for one value of. */
function countingFor({ headers }: Answer): string[] {
  const varying = (valuesOf(headers, 'vary') ?? '').split(', ').filter((name) => name !== '');
  const forAll = /public|s-maxage/.test(valuesOf(headers, 'cache-control') ?? '');
  return forAll ? varying : [...varying, ...IDENTITY];
}

const SELECTING = ['accept', 'accept-language', 'x-a', 'x-b'];

const anyCase = (names: readonly string[]) =>
  fc.constantFrom(...names).chain((name) => fc.constantFrom(name, name.toUpperCase()));
const requestHeaders = fc
  .array(
    fc.tuple(
      anyCase([...SELECTING, ...IDENTITY, 'x-request-id']),
      fc.constantFrom('', 'a', 'b', ' a', 'a,b', '=a', 'x-a', '\t'),
    ),
    { maxLength: 6 },
  )
  .map((pairs) => pairs.flat());
const control = fc.constantFrom(
  'max-age=60',
  'public, max-age=60',
  's-maxage=60',
  'must-revalidate, max-age=60',
);
const vary = fc.subarray(SELECTING).map((names) => names.join(', '));
const path = fc.constantFrom('/', '/x', '/?accept');

describe('sharing', () => {
  it('never joins requests that differ in a header that Vary names, or in who asks', async () => {
    const request = fc.record({ path, headers: requestHeaders, control, vary });
    let shared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 12 }), async (requests) => {
        // What the service says of one answer, it says of that one alone.
        let saying: Headers = [];
        const { get } = cacheOver(mirror(() => saying));
        for (const { path, headers, control, vary } of requests) {
          saying = ['cache-control', control, ...(vary === '' ? [] : ['Vary', vary])];
          const answer = await get(headers, path);
          const [madePath, madeHeaders] = JSON.parse(answer.body) as [string, Headers];
          expect(madePath).toBe(path);
          if (!answer.said?.startsWith('hit')) continue;
          shared++;
          for (const name of countingFor(answer))
            expect(valuesOf(headers, name)).toBe(valuesOf(madeHeaders, name));
        }
      }),
      { numRuns: 1000 },
    );
    // Else there was nothing to see.
    expect(shared).toBeGreaterThan(500);
  });

  it('finds again what was kept for the same request', async () => {
    await fc.assert(
      fc.asyncProperty(path, requestHeaders, vary, async (path, headers, vary) => {
        const { get } = cacheOver(mirror(() => ['cache-control', 'public, max-age=60', 'vary', vary]));
        expect((await get(headers, path)).said).toBe('fwd=uri-miss; stored');
        expect((await get(headers, path)).said).toBe('hit');
      }),
      { numRuns: 300 },
    );
  });

  it('gives the newest of several that fit', async () => {
    const says = [
      ['vary', 'x-a'],
      ['vary', 'x-b'],
    ];
    const { get } = cacheOver(mirror(() => ['cache-control', 'max-age=60', ...(says.shift() ?? [])]));
    await get(['x-a', '1', 'x-b', '1']);
    await get(['x-a', '2', 'x-b', '2']);
    const { body } = await get(['x-a', '1', 'x-b', '2']);
    expect(JSON.parse(body)).toEqual(['/', ['x-a', '2', 'x-b', '2']]);
  });
});

describe('a store', () => {
  const place = (uri: string, selected: string, names: string[] = ['accept']) => ({ uri, names, selected });
  const find = (store: MemoryStore<string>, uri: string, values: Record<string, string> = {}) =>
    store.find(uri, (names) => names.map((name) => values[name] ?? '').join());

  it('tells a resource that it does not know from one that it has otherwise', () => {
    const store = new MemoryStore<string>(1000);
    store.put(place('/a', 'json'), 'A', 10);
    expect(find(store, '/a', { accept: 'json' })).toBe('A');
    expect(find(store, '/a', { accept: 'text' })).toBe('vary-miss');
    expect(find(store, '/b', { accept: 'json' })).toBe('uri-miss');
  });

  it('forgets all of a resource, and one entry', () => {
    const store = new MemoryStore<string>(1000);
    store.put(place('/a', 'json'), 'A', 10);
    store.put(place('/a', 'text'), 'B', 10);
    store.put(place('/a', '', []), 'C', 10);
    store.put(place('/b', 'json'), 'D', 10);
    store.remove(place('/a', '', []));
    store.remove(place('/a', 'nothing'));
    expect(find(store, '/a', { accept: 'text' })).toBe('B');
    store.removeAll('/a');
    expect(find(store, '/a', { accept: 'json' })).toBe('uri-miss');
    expect(find(store, '/b', { accept: 'json' })).toBe('D');
  });

  it('lets go of what was not used for longest, and of its resource with it', () => {
    const store = new MemoryStore<string>(100);
    for (const uri of ['/a', '/b', '/c']) {
      store.put(place(uri, 'x'), uri, 30);
      find(store, '/a', { accept: 'x' });
    }
    expect(find(store, '/b', { accept: 'x' })).toBe('uri-miss');
    expect(find(store, '/a', { accept: 'x' })).toBe('/a');
    store.put(place('/d', 'x'), 'too much', 60);
    expect(find(store, '/d', { accept: 'x' })).toBe('uri-miss');
    expect(find(store, '/a', { accept: 'x' })).toBe('/a');
  });

  it('replaces an entry, and begins anew with a resource that is chosen by ever new headers', () => {
    const store = new MemoryStore<string>(10_000);
    for (let i = 0; i < 9; i++) {
      store.put(place('/a', 'x', [`x-${i}`]), 'old', 10);
      store.put(place('/a', 'x', [`x-${i}`]), `${i}`, 10);
    }
    expect(find(store, '/a', { 'x-8': 'x' })).toBe('8');
    expect(find(store, '/a', { 'x-1': 'x' })).toBe('vary-miss');
  });

  it('may take its time', async () => {
    const inner = new MemoryStore<Entry<string>>(100_000);
    const store: CacheStore<Entry<string>> = {
      find: async (...args) => inner.find(...args),
      put: (...args) => inner.put(...args),
      remove: (...args) => inner.remove(...args),
      removeAll: (...args) => inner.removeAll(...args),
    };
    const { get } = cacheOver(
      mirror(() => ['cache-control', 'max-age=60']),
      { store },
    );
    expect([(await get()).said, (await get()).said]).toEqual(['fwd=uri-miss; stored', 'hit']);
  });
});

it('a background refresh is made once at a time', async () => {
  const waiting: (() => void)[] = [];
  let calls = 0;
  const { clock, get } = cacheOver((request, scope) => {
    calls++;
    const answer = mirror(() => ['cache-control', 'max-age=1, stale-while-revalidate=10'])(request, scope);
    return calls === 1 ? answer : new Promise((resolve) => waiting.push(() => resolve(answer)));
  });
  await get();
  clock.advance(2000);
  for (let i = 0; i < 3; i++) expect((await get()).said).toBe('hit; ttl=-1');
  expect(calls).toBe(2);
});

it('many changes elsewhere do not let an old answer in', async () => {
  let release: (answer: Answer) => void = () => {};
  const answer: Answer = { status: 200, headers: ['cache-control', 'max-age=60'], body: 'old' };
  const next: Handler<Request, Answer> = async ({ method, path }) => {
    if (method !== 'GET') return { status: 200, headers: [], body: '' };
    if (path !== '/slow') return answer;
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const store = new MemoryStore<Entry<string>>(100_000);
  const { call } = cacheOver(next, { store });
  await call('GET', '/first');
  const slow = call('GET', '/slow');
  await call('POST', '/slow');
  for (let i = 0; i < 1100; i++) await call('POST', `/other/${i}`);
  release(answer);
  await slow;
  expect(store.find('/slow', () => '')).toBe('uri-miss');
});
