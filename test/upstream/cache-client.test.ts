import { describe, expect, it } from 'vitest';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { inTurn, json, text } from '../support/http-service.ts';
import { asking, cacheBench, counting, get } from './cache-bench.ts';
import { failureOf, testRequest, testScope } from './harness.ts';

const bench = cacheBench();

describe('what clients ask of it', () => {
  const KEEP = { 'cache-control': 'max-age=60' };

  it.each(['no-cache', 'max-age=0', 'min-fresh=61', 'NO-CACHE, max-stale'])(
    'with %s the service is asked, and the answer kept',
    async (control) => {
      bench.service.behave(counting(KEEP));
      const upstream = bench.cached();
      await get(upstream);
      expect(await get(upstream, asking(control))).toMatchObject({
        says: 'portico; fwd=request; stored',
        text: '{"n":2}',
      });
      expect((await get(upstream)).text).toBe('{"n":2}');
    },
  );

  it('Pragma does as much without Cache-Control', async () => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    await get(upstream);
    expect((await get(upstream, { headers: ['Pragma', 'no-cache'] })).text).toBe('{"n":2}');
    const both = ['Pragma', 'no-cache', 'Cache-Control', 'max-age=10'];
    expect((await get(upstream, { headers: both })).text).toBe('{"n":2}');
  });

  it('with max-age nothing older', async () => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(10_000);
    expect((await get(upstream, asking('max-age=10'))).text).toBe('{"n":1}');
    expect((await get(upstream, asking('max-age=9'))).text).toBe('{"n":2}');
  });

  it('with no-store it is neither given nor kept', async () => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    expect((await get(upstream, asking('no-store'))).says).toBe('portico; fwd=request');
    expect((await get(upstream)).text).toBe('{"n":2}');
    expect((await get(upstream, asking('no-store'))).text).toBe('{"n":3}');
    expect((await get(upstream)).text).toBe('{"n":2}');
  });

  it('with only-if-cached a miss is 504', async () => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    const error = await failureOf(get(upstream, asking('only-if-cached')));
    expect([error.code, error.status]).toEqual(['NOT_CACHED', 504]);
    await get(upstream);
    expect((await get(upstream, asking('only-if-cached'))).source).toBe('cache');
    bench.clock.advance(60_000);
    expect((await failureOf(get(upstream, asking('only-if-cached')))).status).toBe(504);
    expect(bench.service.requests).toHaveLength(1);
  });

  it('with max-stale it may be past its time, unless the service forbids that', async () => {
    const upstream = bench.cached();
    for (const [path, control] of [
      ['/lax', 'max-age=60'],
      ['/strict', 'max-age=60, must-revalidate'],
    ] as const) {
      bench.service.behave(counting({ 'cache-control': control }));
      await get(upstream, { path });
    }
    bench.clock.advance(65_000);
    const asked = (path: string, control: string) => get(upstream, { path, ...asking(control) });
    expect((await asked('/lax', 'max-stale=5')).says).toBe('portico; hit; ttl=-5');
    expect((await asked('/lax', 'max-stale')).source).toBe('cache');
    expect((await asked('/strict', 'max-stale')).source).toBe('upstream');
    expect((await asked('/lax', 'max-stale=4')).source).toBe('upstream');
  });

  it('GraphQL calls pass none of this on, unless they are told to', async () => {
    bench.service.behave(counting(KEEP));
    const field = async (upstream: Upstream) => {
      const scope = testScope({ headers: ['cache-control', 'no-cache'] });
      const answer = await upstream.call(testRequest({ door: 'graphql' }), scope);
      await answer.body.json(100);
      return answer.source;
    };
    const upstream = bench.cached();
    expect([await field(upstream), await field(upstream)]).toEqual(['upstream', 'cache']);
    const forwarding = bench.cached({ headers: { forward: ['cache-control'] } });
    expect([await field(forwarding), await field(forwarding)]).toEqual(['upstream', 'upstream']);
  });

  it.each([
    ['range', 'bytes=0-1'],
    ['if-match', '"a"'],
    ['if-unmodified-since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ])('%s goes past it', async (name, value) => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    await get(upstream);
    expect(await get(upstream, { headers: [name, value] })).toMatchObject({
      says: 'portico; fwd=bypass; stored',
      text: '{"n":2}',
    });
  });

  it('a HEAD is answered from a kept GET, but is none', async () => {
    bench.service.behave(counting({ 'cache-control': 'max-age=60', 'x-of': 'get' }));
    const upstream = bench.cached();
    expect((await get(upstream, { method: 'HEAD' })).says).toBe('portico; fwd=uri-miss');
    await get(upstream);
    const head = await get(upstream, { method: 'HEAD' });
    expect(head).toMatchObject({ source: 'cache', status: 200, text: '' });
    expect(head.headers).toEqual(expect.arrayContaining(['x-of', 'get', 'content-length', '7']));
    expect(bench.service.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('a GET with a body goes past it', async () => {
    bench.service.behave(counting(KEEP));
    const upstream = bench.cached();
    await get(upstream);
    expect((await get(upstream, { body: '{}' })).says).toBe('portico; fwd=bypass');
  });
});

describe('a client that has it already', () => {
  const MODIFIED = 'Wed, 31 Dec 2025 12:00:00 GMT';
  const VERSION = { 'cache-control': 'max-age=60', etag: '"v1"', 'last-modified': MODIFIED, 'x-other': 'o' };

  it.each([
    ['if-none-match', '"v1"'],
    ['if-none-match', 'W/"v1"'],
    ['if-none-match', '"v0", "v1"'],
    ['if-none-match', '*'],
    ['if-modified-since', MODIFIED],
    ['if-modified-since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ])('is told so: %s: %s', async (name, value) => {
    bench.service.behave(counting(VERSION));
    const upstream = bench.cached();
    await get(upstream);
    const answer = await get(upstream, { headers: [name, value] });
    expect(answer).toMatchObject({ status: 304, source: 'cache', says: 'portico; hit', text: '' });
    expect(answer.headers).toEqual(expect.arrayContaining(['etag', '"v1"', 'cache-control', 'x-other']));
    expect(answer.headers).not.toContain('content-length');
    expect(bench.service.requests).toHaveLength(1);
  });

  it.each([
    ['if-none-match', '"v2"'],
    ['if-modified-since', 'Wed, 31 Dec 2025 11:59:59 GMT'],
    ['if-modified-since', 'yesterday'],
  ])('or gets it, if it has another: %s: %s', async (name, value) => {
    bench.service.behave(counting(VERSION));
    const upstream = bench.cached();
    await get(upstream);
    expect(await get(upstream, { headers: [name, value] })).toMatchObject({ status: 200, text: '{"n":1}' });
  });

  it('gets what the service says of a miss', async () => {
    bench.service.behave(text('', 304, { etag: '"v1"' }));
    const answer = await get(bench.cached(), { headers: ['if-none-match', '"v1"'] });
    expect(answer).toMatchObject({ status: 304, says: 'portico; fwd=uri-miss' });
  });

  it('goes by the date of one that says nothing of its version', async () => {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    bench.service.behave(counting({ 'cache-control': 'max-age=60', date }));
    const upstream = bench.cached();
    await get(upstream);
    expect((await get(upstream, { headers: ['if-modified-since', date] })).status).toBe(304);
  });

  it('asks the service itself about a stale one that says nothing of its version', async () => {
    bench.service.behave(inTurn(counting({ 'cache-control': 'max-age=60' }), text('', 304)));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    const answer = await get(upstream, { headers: ['if-none-match', '"v1"'] });
    expect(answer).toMatchObject({ status: 304, says: 'portico; fwd=stale' });
  });

  it('is told so of a stale one, once the service has confirmed it', async () => {
    bench.service.behave(inTurn(json({ n: 1 }, 200, VERSION), text('', 304)));
    const upstream = bench.cached();
    await get(upstream);
    bench.clock.advance(60_000);
    const asked = { headers: ['if-none-match', '"v0", "v1"'] };
    expect(await get(upstream, asked)).toMatchObject({
      status: 304,
      says: 'portico; fwd=stale; fwd-status=304',
    });
    expect(bench.service.requests[1]?.headers['if-none-match']).toBe('"v1"');
  });
});
