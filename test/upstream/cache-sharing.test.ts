import { describe, expect, it } from 'vitest';
import type { UpstreamRequest } from '../../src/upstream/upstream.ts';
import { cacheBench, caller, counting, get } from './cache-bench.ts';
import { testRequest, testScope } from './harness.ts';

const bench = cacheBench();

describe('whom it is for', () => {
  const answers = (headers: Record<string, string>) => bench.service.behave(counting(headers));
  const bearer = (token: string): Partial<UpstreamRequest> => ({
    headers: ['Authorization', `Bearer ${token}`],
  });

  it('goes by the headers that Vary names, as they go out', async () => {
    answers({ 'cache-control': 'max-age=60', vary: 'Accept-Language' });
    const upstream = bench.cached();
    const language = (...headers: string[]) => get(upstream, { headers });
    await language('Accept-Language', 'de');
    expect((await language('accept-language', ' de')).says).toBe('portico; hit');
    expect((await language('accept-language', 'fr')).says).toBe('portico; fwd=vary-miss; stored');
    expect((await language()).says).toBe('portico; fwd=vary-miss; stored');
    expect((await language('accept-language', '')).says).toBe('portico; fwd=vary-miss; stored');
    const field = await upstream.call(
      testRequest({ door: 'graphql' }),
      testScope({ headers: ['accept-language', 'fr'] }),
    );
    expect([field.source, await field.body.json(100)]).toEqual(['cache', { n: 2 }]);
  });

  it('goes by the encoding of one that is encoded, whatever Vary says', async () => {
    answers({ 'cache-control': 'max-age=60', 'content-encoding': 'identity' });
    const upstream = bench.cached();
    await get(upstream, { headers: ['accept-encoding', 'gzip'] });
    expect((await get(upstream, { headers: ['accept-encoding', 'gzip'] })).source).toBe('cache');
    expect((await get(upstream)).source).toBe('upstream');
    const field = await upstream.call(
      testRequest({ door: 'graphql', headers: ['accept-encoding', 'gzip'] }),
      testScope(),
    );
    field.body.discard();
    expect(field.source).toBe('upstream');
  });

  it('is the caller, where the gateway says who that is', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = bench.cached();
    await get(upstream, {}, caller('ann'));
    expect((await get(upstream, {}, caller('ann'))).text).toBe('{"n":1}');
    expect((await get(upstream, {}, caller('bob'))).says).toBe('portico; fwd=vary-miss; stored');
    expect((await get(upstream)).text).toBe('{"n":3}');
  });

  it.each(['cookie', 'x-api-key', 'x-tenant'])('is those with the same %s', async (name) => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = bench.cached({ headers: { forward: ['accept-language', 'X-Tenant'] } });
    await get(upstream, { headers: [name, 'a'] });
    expect((await get(upstream, { headers: [name, 'a'] })).text).toBe('{"n":1}');
    expect((await get(upstream, { headers: [name, 'b'] })).text).toBe('{"n":2}');
    expect((await get(upstream)).text).toBe('{"n":3}');
  });

  it('is nobody, if it was asked for with Authorization and does not say that it may be kept', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = bench.cached();
    await get(upstream, bearer('a'));
    expect((await get(upstream, bearer('a'))).says).toBe('portico; fwd=uri-miss');
  });

  it.each(['public, max-age=60', 's-maxage=60'])('is everybody, if it says %s', async (control) => {
    answers({ 'cache-control': control });
    const upstream = bench.cached();
    await get(upstream, bearer('a'), caller('ann'));
    expect((await get(upstream, bearer('b'), caller('bob'))).text).toBe('{"n":1}');
    expect((await get(upstream)).text).toBe('{"n":1}');
  });

  it('is the same caller alone with must-revalidate, which says nothing of others', async () => {
    answers({ 'cache-control': 'max-age=60, must-revalidate' });
    const upstream = bench.cached();
    await get(upstream, bearer('a'));
    expect((await get(upstream, bearer('a'))).text).toBe('{"n":1}');
    expect((await get(upstream, bearer('b'))).text).toBe('{"n":2}');
  });

  it('does not go by credentials that every call has from the configuration', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = bench.cached({ headers: { set: { Authorization: 'Basic Z2F0ZXdheQ==' } } });
    await get(upstream);
    expect((await get(upstream, bearer('a'))).text).toBe('{"n":1}');
  });

  it('does not go by what is another each time', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = bench.cached();
    const client = (ip: string) => ({
      client: { ip, protocol: 'http' as const, host: ip, forwardedFor: ip },
    });
    const french = { headers: ['accept-language', 'fr', 'user-agent', 'a'] };
    await get(upstream, french, { requestId: 'one', ...client('10.0.0.1') });
    expect((await get(upstream, {}, { requestId: 'two', ...client('10.0.0.2') })).says).toBe('portico; hit');
  });
});
