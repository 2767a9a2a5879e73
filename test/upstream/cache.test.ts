import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CallOutcome } from '../../src/upstream/upstream.ts';
import { cutBody, held, reset, stall, text } from '../support/http-service.ts';
import { cacheBench, counting, get } from './cache-bench.ts';
import { failureOf, testRequest, testScope } from './harness.ts';

const bench = cacheBench();

describe('a cached answer', () => {
  it('is given without a call while it is fresh, with its age', async () => {
    const outcomes: CallOutcome[] = [];
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = bench.cached({}, (outcome) => outcomes.push(outcome));
    expect(await get(upstream)).toMatchObject({
      source: 'upstream',
      says: 'portico; fwd=uri-miss; stored',
      text: '{"n":1}',
    });
    bench.clock.advance(59_999);
    expect(await get(upstream)).toMatchObject({
      status: 200,
      source: 'cache',
      age: 59,
      says: 'portico; hit',
      text: '{"n":1}',
    });
    bench.clock.advance(1);
    expect(await get(upstream)).toMatchObject({ says: 'portico; fwd=stale; stored', text: '{"n":2}' });
    expect(outcomes).toEqual(['ok', 'cached', 'ok']);
  });

  it('is one for both doors, and parsed once for all who read it as JSON', async () => {
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = bench.cached();
    await get(upstream);
    const read = async () => {
      const answer = await upstream.call(testRequest({ door: 'graphql' }), testScope());
      return { source: answer.source, says: answer.cacheStatus, value: await answer.body.json(1000) };
    };
    const [one, two] = [await read(), await read()];
    expect(one).toEqual({ source: 'cache', says: undefined, value: { n: 1 } });
    expect(two.value).toBe(one.value);
    expect(bench.service.requests).toHaveLength(1);
  });

  it('is kept only if all of it came', async () => {
    bench.service.behave((request, response, seen) => {
      response.setHeader('cache-control', 'max-age=60');
      return cutBody(request, response, seen);
    });
    const upstream = bench.cached();
    expect((await failureOf(get(upstream))).code).toBe('UPSTREAM_INVALID');
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    expect((await get(upstream)).says).toBe('portico; fwd=uri-miss; stored');
  });

  it('is kept only if somebody waited for all of it', async () => {
    bench.service.behave((request, response, seen) => {
      response.setHeader('cache-control', 'max-age=60');
      return stall(request, response, seen);
    });
    const upstream = bench.cached();
    (await upstream.call(testRequest(), testScope())).body.discard();
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    expect((await get(upstream)).says).toBe('portico; fwd=uri-miss; stored');
  });

  it('is kept once for all who joined, also if the first of them leaves', async () => {
    const gate = held(counting({ 'cache-control': 'max-age=60' }));
    bench.service.behave(gate.behaviour);
    const upstream = bench.cached();
    const first = testScope();
    const left = failureOf(upstream.call(testRequest(), first));
    const second = get(upstream);
    await bench.service.received(1);
    first.leave();
    gate.release();
    expect((await left).code).toBe('CLIENT_CLOSED');
    expect((await second).text).toBe('{"n":1}');
    expect((await get(upstream)).says).toBe('portico; hit');
  });

  it('says of who joined that it did', async () => {
    const gate = held(counting({ 'cache-control': 'max-age=60' }));
    bench.service.behave(gate.behaviour);
    const upstream = bench.cached();
    const both = [get(upstream), get(upstream)];
    await bench.service.received(1);
    gate.release();
    expect((await Promise.all(both)).map(({ says }) => says)).toEqual([
      'portico; fwd=uri-miss; stored',
      'portico; fwd=uri-miss; stored; collapsed',
    ]);
  });

  it('is not kept if it is large', async () => {
    const large = 'x'.repeat(4 * 1024 * 1024 + 1);
    bench.service.behave(
      text(large, 200, { 'cache-control': 'max-age=60', 'content-length': String(large.length) }),
    );
    const upstream = bench.cached();
    expect(await get(upstream)).toMatchObject({ says: 'portico; fwd=uri-miss', text: large });
    bench.service.behave(text(large, 200, { 'cache-control': 'max-age=60' }));
    expect((await get(upstream)).text).toBe(large);
    expect((await get(upstream)).source).toBe('upstream');
  });

  it('leaves room for newer ones', async () => {
    const block = 'x'.repeat(4 * 1024 * 1024);
    bench.service.behave(text(block, 200, { 'cache-control': 'max-age=60' }));
    const upstream = bench.cached();
    for (let i = 0; i < 16; i++) await get(upstream, { path: `/blocks/${i}` });
    const sources = [];
    for (const i of [15, 0]) sources.push((await get(upstream, { path: `/blocks/${i}` })).source);
    expect(sources).toEqual(['cache', 'upstream']);
  });

  it('can be read in every way, any number of times', async () => {
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = bench.cached();
    await get(upstream);
    const hit = async () => (await upstream.call(testRequest(), testScope())).body;
    const sink = new PassThrough();
    await (await hit()).pipe(sink);
    expect(sink.read()?.toString()).toBe('{"n":1}');
    expect((await (await hit()).stream().toArray()).join('')).toBe('{"n":1}');
    expect(await (await hit()).json(7)).toEqual({ n: 1 });
    expect((await failureOf((await hit()).bytes(6))).code).toBe('UPSTREAM_INVALID');
    (await hit()).discard();
    expect(bench.service.requests).toHaveLength(1);
  });

  it('counts what JSON takes once it is parsed', async () => {
    const block = JSON.stringify('x'.repeat(4 * 1024 * 1024 - 2));
    const type = { 'content-type': 'application/json' };
    bench.service.behave(text(block, 200, { 'cache-control': 'max-age=60', ...type }));
    const upstream = bench.cached();
    for (let i = 0; i < 4; i++) await get(upstream, { path: `/blocks/${i}` });
    const sources = [];
    for (const i of [3, 0]) sources.push((await get(upstream, { path: `/blocks/${i}` })).source);
    expect(sources).toEqual(['cache', 'upstream']);
  });

  it('can be kept beside the one for worse days', async () => {
    let end = () => {};
    bench.service.behave((_request, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'cache-control': 'max-age=1' });
      response.write('{"n":');
      end = () => response.end('1}');
    });
    const upstream = bench.cached();
    const stale = { maxAge: 60_000 };
    const { body } = await upstream.call(testRequest({ stale }), testScope());
    end();
    await body.bytes(100);
    expect((await get(upstream, { stale })).says).toBe('portico; hit');
    bench.clock.advance(1000);
    bench.service.behave(reset);
    expect(await get(upstream, { stale })).toMatchObject({ source: 'stale', age: 1, text: '{"n":1}' });
  });
});

describe('what is kept', () => {
  const NOT: Record<string, Record<string, string>> = {
    'says nothing': {},
    'says nothing but a date of change': { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    'no-store': { 'cache-control': 'max-age=60, No-Store' },
    'only does not change': { 'cache-control': 'immutable' },
    private: { 'cache-control': 'private, max-age=60' },
    'private in part': { 'cache-control': 'private="x-secret, x-other", max-age=60' },
    'sets a cookie': { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=1' },
    'varies by anything': { 'cache-control': 'max-age=60', vary: 'accept, *' },
    'varies by the request id': { 'cache-control': 'max-age=60', vary: 'X-Request-ID' },
    'varies by the host asked for': { 'cache-control': 'max-age=60', vary: 'x-forwarded-host' },
    'is over already': { 'cache-control': 'max-age=60', age: '60' },
    'has a nonsensical age': { 'cache-control': 'max-age=60s' },
    'is quoted': { 'cache-control': 'x="a, max-age=60"' },
    'expires at a time that is none': { expires: '0' },
  };
  it.each(Object.entries(NOT))('is not an answer that %s', async (_name, headers) => {
    bench.service.behave(counting(headers));
    const upstream = bench.cached();
    expect((await get(upstream)).says).toBe('portico; fwd=uri-miss');
    expect((await get(upstream)).text).toBe('{"n":2}');
  });

  const KEPT: Record<string, Record<string, string>> = {
    's-maxage before max-age': { 'cache-control': 'max-age=0, s-maxage=60' },
    'directives in any case': { 'cache-control': 'Max-Age="60"' },
    'the first of two': { 'cache-control': 'max-age=60, max-age=0' },
    'a time of expiry': { expires: 'Thu, 01 Jan 2026 00:01:00 GMT' },
    'an absurd age': { 'cache-control': `max-age=${'9'.repeat(30)}` },
    'must-revalidate, while fresh': { 'cache-control': 'max-age=60, must-revalidate' },
    'proxy-revalidate, while fresh': { 'cache-control': 'max-age=60, proxy-revalidate' },
  };
  it.each(Object.entries(KEPT))('goes by %s', async (_name, headers) => {
    bench.service.behave(counting(headers));
    const upstream = bench.cached();
    await get(upstream);
    expect((await get(upstream)).says).toBe('portico; hit');
  });

  it.each([
    [404, 'max-age=60', 'cache'],
    [301, 'max-age=60', 'cache'],
    [302, 'max-age=60', 'cache'],
    [500, 'max-age=60', 'upstream'],
    [206, 'max-age=60', 'upstream'],
    [201, 'max-age=60', 'upstream'],
  ])('goes by the status, %i', async (status, control, source) => {
    bench.service.behave(counting({ 'cache-control': control }, status));
    const upstream = bench.cached();
    await get(upstream);
    expect(await get(upstream)).toMatchObject({ status, source });
  });

  it('counts the age that it came with, and its date', async () => {
    bench.service.behave(counting({ 'cache-control': 'max-age=60', age: '50' }));
    const upstream = bench.cached();
    expect((await get(upstream)).headers).toContain('50');
    const hit = await get(upstream);
    expect([hit.age, hit.headers.includes('age')]).toEqual([50, false]);
    bench.clock.advance(10_000);
    expect((await get(upstream)).text).toBe('{"n":2}');

    bench.service.behave(
      counting({ 'cache-control': 'max-age=60', date: new Date(bench.clock.wall() - 45_000).toUTCString() }),
    );
    await get(upstream, { path: '/dated' });
    expect((await get(upstream, { path: '/dated' })).age).toBe(45);
  });

  it('counts the time that the answer took', async () => {
    const gate = held(counting({ 'cache-control': 'max-age=60' }));
    bench.service.behave(gate.behaviour);
    const upstream = bench.cached();
    const first = get(upstream);
    await bench.service.received(1);
    bench.clock.advance(20_000);
    gate.release();
    await first;
    expect((await get(upstream)).age).toBe(20);
  });
});

describe('a service without a cache', () => {
  it('has none', async () => {
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = bench.cached({ cache: false });
    expect((await get(upstream)).says).toBeUndefined();
    expect((await get(upstream)).source).toBe('upstream');
  });

  it('has one for the routes that want it', async () => {
    bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = bench.cached({ cache: false });
    expect((await get(upstream, { cache: true })).says).toBe('portico; fwd=uri-miss; stored');
    expect((await get(upstream, { cache: true })).says).toBe('portico; hit');
    expect((await get(upstream)).text).toBe('{"n":2}');
    await get(upstream, { method: 'POST', body: '{}' });
    expect((await get(upstream, { cache: true })).text).toBe('{"n":4}');
  });
});

it('a call of its own goes past the cache', async () => {
  bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
  const upstream = bench.cached();
  await get(upstream);
  expect(await get(upstream, { shared: false })).toMatchObject({
    says: 'portico; fwd=bypass',
    text: '{"n":2}',
  });
  expect((await get(upstream)).text).toBe('{"n":1}');
});

it('a cache works without joining', async () => {
  bench.service.behave(counting({ 'cache-control': 'max-age=60' }));
  const upstream = bench.cached({ dedupe: false });
  await get(upstream);
  expect((await get(upstream)).says).toBe('portico; hit');
});
