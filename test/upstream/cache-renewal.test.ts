import { describe, expect, it } from 'vitest';
import { held, inTurn, json, reset, text } from '../support/http-service.ts';
import { asking, cacheBench, caller, counting, get, until } from './cache-bench.ts';
import { failureOf, testRequest, testScope } from './harness.ts';

const bench = cacheBench();

describe('a stale answer', () => {
  const VERSION = { 'cache-control': 'max-age=60', etag: '"v1"', 'x-gen': '1' };

  it('is confirmed by the service, brought up to date, and fresh again', async () => {
    const news = { 'cache-control': 'max-age=30', 'x-gen': '2', 'x-new': 'n', 'content-length': '0' };
    bench.service.behave(inTurn(counting(VERSION), text('', 304, { ...news, 'set-cookie': 's=1' })));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    const confirmed = await get(upstream);
    expect(confirmed).toMatchObject({
      status: 200,
      source: 'upstream',
      says: 'portico; fwd=stale; fwd-status=304',
      text: '{"n":1}',
    });
    expect(confirmed.headers).toEqual(expect.arrayContaining(['x-gen', '2', 'x-new', 'n', 's=1', '7']));
    bench.clock.advance(29_000);
    const hit = await get(upstream);
    expect(hit).toMatchObject({ says: 'portico; hit', age: 29, text: '{"n":1}' });
    expect(hit.headers).not.toContain('s=1');
    bench.clock.advance(1000);
    expect((await get(upstream)).source).toBe('upstream');
    expect(bench.service.requests).toHaveLength(3);
  });

  it('is confirmed once for all who ask meanwhile, whatever they have themselves, and is not parsed again', async () => {
    bench.service.behave(counting(VERSION));
    const upstream = bench.cached();
    const field = async (headers: string[] = []) => {
      const answer = await upstream.call(testRequest({ door: 'graphql', headers }), testScope());
      return answer.body.json(100);
    };
    await field();
    const before = await field();
    bench.clock.advance(60_000);
    const gate = held(text('', 304));
    bench.service.behave(gate.behaviour);
    const three = [field(), field(), field()];
    await bench.service.received(2);
    gate.release();
    for (const value of await Promise.all(three)) expect(value).toBe(before);
    expect(bench.service.requests).toHaveLength(2);
  });

  it('does not join those who ask for themselves whether they have it', async () => {
    bench.service.behave(counting({ ...VERSION, vary: 'x-who' }));
    const upstream = bench.cached();
    await get(upstream, { headers: ['x-who', 'a'] });
    bench.clock.advance(60_000);
    const gate = held(text('', 304));
    bench.service.behave(gate.behaviour);
    const past = upstream.call(
      testRequest({ cache: false, headers: ['x-who', 'a', 'if-none-match', '"v1"'] }),
      testScope(),
    );
    const kept = get(upstream, { headers: ['x-who', 'a'] });
    await bench.service.received(3);
    gate.release();
    expect((await past).status).toBe(304);
    expect((await kept).status).toBe(200);
  });

  it('gives way to a newer one, and to one that may not be kept', async () => {
    bench.service.behave(inTurn(counting(VERSION), json({ n: 2 }, 200, { 'cache-control': 'no-store' })));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    expect(await get(upstream)).toMatchObject({ says: 'portico; fwd=stale', text: '{"n":2}' });
    await get(upstream);
    expect(bench.service.requests[2]?.headers['if-none-match']).toBeUndefined();
  });

  it('is fetched whole if the service confirms another one', async () => {
    bench.service.behave(
      inTurn(counting(VERSION), text('', 304, { etag: '"v9"' }), json({ n: 9 }, 200, VERSION)),
    );
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    expect(await get(upstream)).toMatchObject({ status: 200, text: '{"n":9}' });
    expect(bench.service.requests[2]?.headers['if-none-match']).toBeUndefined();
  });

  it('is asked about each time, with no-cache', async () => {
    const control = { 'cache-control': 'no-cache', etag: '"v1"' };
    bench.service.behave(inTurn(counting(control), text('', 304, control)));
    const upstream = bench.cached();
    await get(upstream);
    for (let i = 0; i < 2; i++) expect((await get(upstream)).says).toBe('portico; fwd=stale; fwd-status=304');
    expect(bench.service.requests[2]?.headers['if-none-match']).toBe('"v1"');
  });

  it('is asked about by its date, if it has nothing better', async () => {
    const changed = 'Wed, 31 Dec 2025 12:00:00 GMT';
    bench.service.behave(counting({ 'cache-control': 'max-age=1', 'last-modified': changed }));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(1000);
    await get(upstream);
    expect(bench.service.requests[1]?.headers['if-modified-since']).toBe(changed);
  });
});

describe('stale-while-revalidate', () => {
  const control = { 'cache-control': 'max-age=60, stale-while-revalidate=30' };

  it('gives the old answer while a new one is fetched, once, whoever leaves', async () => {
    bench.service.behave(counting(control));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    // Longer than what is taken in before anybody reads.
    const gate = held(json({ n: 2, more: 'x'.repeat(300_000) }, 200, control));
    bench.service.behave(gate.behaviour);
    const first = testScope();
    const answer = await upstream.call(testRequest(), first);
    expect([answer.source, answer.cacheStatus]).toEqual(['cache', 'portico; hit; ttl=0']);
    first.leave();
    await bench.service.received(2);
    expect((await get(upstream)).text).toBe('{"n":1}');
    gate.release();
    await until(async () => (await get(upstream)).text.startsWith('{"n":2,'));
    expect(bench.service.requests).toHaveLength(2);
  });

  it('tries again after a failure, and ends with its time', async () => {
    bench.service.behave(counting(control));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    bench.service.behave(reset);
    for (const count of [2, 3]) {
      await until(async () => {
        expect((await get(upstream)).text).toBe('{"n":1}');
        return bench.service.requests.length >= count;
      });
    }
    bench.clock.advance(30_000);
    expect((await failureOf(get(upstream))).code).toMatch(/^UPSTREAM_/);
  });

  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=60'])(
    'does not hold with %s',
    async (forbids) => {
      bench.service.behave(
        counting({ 'cache-control': `max-age=60, stale-while-revalidate=30, ${forbids}` }),
      );
      const upstream = bench.cached();
      await get(upstream);
      bench.clock.advance(60_000);
      expect((await get(upstream)).text).toBe('{"n":2}');
    },
  );
});

describe('stale-if-error', () => {
  const control = { 'cache-control': 'max-age=60, stale-if-error=30' };

  it.each([
    ['no connection', reset],
    ['a 503', json({}, 503)],
    ['a 500', json({}, 500)],
  ])('gives the old answer for %s, for its time', async (_name, failure) => {
    bench.service.behave(counting(control));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(70_000);
    bench.service.behave(failure);
    expect(await get(upstream)).toMatchObject({
      status: 200,
      source: 'cache',
      age: 70,
      says: 'portico; fwd=stale; detail=stale-if-error',
      text: '{"n":1}',
    });
    bench.clock.advance(20_000);
    const outcome = await get(upstream).catch((error: { code: string }) => error.code);
    expect(outcome).not.toMatchObject({ source: 'cache' });
  });

  it('is no way out of a request that wants a new answer, nor of a refusal', async () => {
    bench.service.behave(counting(control));
    const upstream = bench.cached();
    await get(upstream);
    bench.service.behave(json({}, 503));
    expect((await get(upstream, asking('no-cache'))).status).toBe(503);
    bench.clock.advance(61_000);
    bench.service.behave(json({}, 403));
    expect((await get(upstream)).status).toBe(403);
  });
});

describe('a change', () => {
  const KEEP = { 'cache-control': 'max-age=60' };

  it.each([
    ['POST', 200, 'upstream'],
    ['DELETE', 204, 'upstream'],
    ['PATCH', 303, 'upstream'],
    ['PUT', 409, 'cache'],
    ['POST', 500, 'cache'],
    ['OPTIONS', 200, 'cache'],
  ])('by %s, answered %i: the next GET comes from %s', async (method, status, source) => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    for (const path of ['/users/1', '/users/2']) await get(upstream, { path }, caller('ann'));
    bench.service.behave(text('', status));
    const answer = await get(upstream, { method, body: null }, caller('bob'));
    expect(answer.says).toBe('portico; fwd=method');
    bench.service.behave(counting(KEEP));
    expect((await get(upstream, {}, caller('ann'))).source).toBe(source);
    expect((await get(upstream, { path: '/users/2' }, caller('ann'))).source).toBe('cache');
  });

  it('keeps out what was on its way before it', async () => {
    const gate = held(counting(KEEP));
    bench.service.behave(gate.behaviour);
    const upstream = bench.cached();
    const reading = get(upstream);
    await bench.service.received(1);
    bench.service.behave(json({}));
    await get(upstream, { method: 'POST', body: '{}' });
    gate.release();
    expect((await reading).text).toBe('{"n":1}');
    bench.service.behave(json({ n: 'new' }, 200, KEEP));
    expect((await get(upstream)).text).toBe('{"n":"new"}');
  });
});
