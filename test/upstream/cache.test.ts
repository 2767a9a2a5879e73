import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/kernel/principal.ts';
import type { Headers, Scope } from '../../src/kernel/scope.ts';
import type {
  CallOutcome,
  Upstream,
  UpstreamRequest,
  UpstreamResponse,
} from '../../src/upstream/upstream.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  type Behaviour,
  cutBody,
  type HttpService,
  held,
  inTurn,
  json,
  reset,
  stall,
  startHttpService,
  text,
} from '../support/http-service.ts';
import { failureOf, testRequest, testScope, upstreamTo } from './harness.ts';

let service: HttpService;
let clock: FakeClock;
const upstreams: Upstream[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  service = await startHttpService();
});

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((made) => made.dispose()));
  await service.close();
});

/** An upstream with a cache, that fails at once. */
function cached(given: Record<string, unknown> = {}, observe: (outcome: CallOutcome) => void = () => {}) {
  const made = upstreamTo(
    [service.url],
    { cache: true, retry: { attempts: 0 }, ...given },
    { clock, observer: { call: ({ outcome }) => observe(outcome) } },
  );
  upstreams.push(made);
  return made;
}

/** Answers `{"n":1}`, `{"n":2}` …, with these headers. A `date` would speak of another clock. */
function counting(headers: Record<string, string>, status = 200): Behaviour {
  let n = 0;
  return (request, response, seen) => {
    response.sendDate = false;
    return json({ n: ++n }, status, headers)(request, response, seen);
  };
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly source: UpstreamResponse['source'];
  readonly age: number | undefined;
  readonly says: string | undefined;
  readonly text: string;
}

async function get(
  upstream: Upstream,
  given: Partial<UpstreamRequest> = {},
  scope: Partial<Scope> = {},
): Promise<Got> {
  const answer = await upstream.call(testRequest(given), testScope(scope));
  const bytes = await answer.body.bytes(100_000_000);
  const { status, headers, source, age, cacheStatus: says } = answer;
  return { status, headers, source, age, says, text: bytes.toString() };
}

const asking = (control: string): Partial<UpstreamRequest> => ({ headers: ['Cache-Control', control] });

const caller = (id: string): { principal: Principal } => ({
  principal: { via: 'jwt', id, name: undefined, roles: [], scopes: [], claims: {} },
});

describe('a cached answer', () => {
  it('is given without a call while it is fresh, with its age', async () => {
    const outcomes: CallOutcome[] = [];
    service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = cached({}, (outcome) => outcomes.push(outcome));
    expect(await get(upstream)).toMatchObject({
      source: 'upstream',
      says: 'portico; fwd=uri-miss; stored',
      text: '{"n":1}',
    });
    clock.advance(59_999);
    expect(await get(upstream)).toMatchObject({
      status: 200,
      source: 'cache',
      age: 59,
      says: 'portico; hit',
      text: '{"n":1}',
    });
    clock.advance(1);
    expect(await get(upstream)).toMatchObject({ says: 'portico; fwd=stale; stored', text: '{"n":2}' });
    expect(outcomes).toEqual(['ok', 'cached', 'ok']);
  });

  it('is one for both doors, and parsed once for all who read it as JSON', async () => {
    service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = cached();
    await get(upstream);
    const read = async () => {
      const answer = await upstream.call(testRequest({ door: 'graphql' }), testScope());
      return { source: answer.source, says: answer.cacheStatus, value: await answer.body.json(1000) };
    };
    const [one, two] = [await read(), await read()];
    expect(one).toEqual({ source: 'cache', says: undefined, value: { n: 1 } });
    expect(two.value).toBe(one.value);
    expect(service.requests).toHaveLength(1);
  });

  it('is kept only if all of it came', async () => {
    service.behave((request, response, seen) => {
      response.setHeader('cache-control', 'max-age=60');
      return cutBody(request, response, seen);
    });
    const upstream = cached();
    expect((await failureOf(get(upstream))).code).toBe('UPSTREAM_INVALID');
    service.behave(counting({ 'cache-control': 'max-age=60' }));
    expect((await get(upstream)).says).toBe('portico; fwd=uri-miss; stored');
  });

  it('is kept only if somebody waited for all of it', async () => {
    service.behave((request, response, seen) => {
      response.setHeader('cache-control', 'max-age=60');
      return stall(request, response, seen);
    });
    const upstream = cached();
    (await upstream.call(testRequest(), testScope())).body.discard();
    service.behave(counting({ 'cache-control': 'max-age=60' }));
    expect((await get(upstream)).says).toBe('portico; fwd=uri-miss; stored');
  });

  it('is kept once for all who joined, also if the first of them leaves', async () => {
    const gate = held(counting({ 'cache-control': 'max-age=60' }));
    service.behave(gate.behaviour);
    const upstream = cached();
    const first = testScope();
    const left = failureOf(upstream.call(testRequest(), first));
    const second = get(upstream);
    await service.received(1);
    first.leave();
    gate.release();
    expect((await left).code).toBe('CLIENT_CLOSED');
    expect((await second).text).toBe('{"n":1}');
    expect((await get(upstream)).says).toBe('portico; hit');
  });

  it('says of who joined that it did', async () => {
    const gate = held(counting({ 'cache-control': 'max-age=60' }));
    service.behave(gate.behaviour);
    const upstream = cached();
    const both = [get(upstream), get(upstream)];
    await service.received(1);
    gate.release();
    expect((await Promise.all(both)).map(({ says }) => says)).toEqual([
      'portico; fwd=uri-miss; stored',
      'portico; fwd=uri-miss; stored; collapsed',
    ]);
  });

  it('is not kept if it is large', async () => {
    const large = 'x'.repeat(4 * 1024 * 1024 + 1);
    service.behave(
      text(large, 200, { 'cache-control': 'max-age=60', 'content-length': String(large.length) }),
    );
    const upstream = cached();
    expect(await get(upstream)).toMatchObject({ says: 'portico; fwd=uri-miss', text: large });
    service.behave(text(large, 200, { 'cache-control': 'max-age=60' }));
    expect((await get(upstream)).text).toBe(large);
    expect((await get(upstream)).source).toBe('upstream');
  });

  it('leaves room for newer ones', async () => {
    const block = 'x'.repeat(4 * 1024 * 1024);
    service.behave(text(block, 200, { 'cache-control': 'max-age=60' }));
    const upstream = cached();
    for (let i = 0; i < 16; i++) await get(upstream, { path: `/blocks/${i}` });
    const sources = [];
    for (const i of [15, 0]) sources.push((await get(upstream, { path: `/blocks/${i}` })).source);
    expect(sources).toEqual(['cache', 'upstream']);
  });

  it('can be kept beside the one for worse days', async () => {
    service.behave(counting({ 'cache-control': 'max-age=1' }));
    const upstream = cached();
    const stale = { maxAge: 60_000 };
    await get(upstream, { stale });
    expect((await get(upstream, { stale })).says).toBe('portico; hit');
    clock.advance(1000);
    service.behave(reset);
    expect(await get(upstream, { stale })).toMatchObject({ source: 'stale', age: 1, text: '{"n":1}' });
  });
});

describe('what is kept', () => {
  const NOT: Record<string, Record<string, string>> = {
    'says nothing': {},
    'says nothing but a date of change': { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    'no-store': { 'cache-control': 'max-age=60, No-Store' },
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
    service.behave(counting(headers));
    const upstream = cached();
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
    service.behave(counting(headers));
    const upstream = cached();
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
    service.behave(counting({ 'cache-control': control }, status));
    const upstream = cached();
    await get(upstream);
    expect(await get(upstream)).toMatchObject({ status, source });
  });

  it('counts the age that it came with, and its date', async () => {
    service.behave(counting({ 'cache-control': 'max-age=60', age: '50' }));
    const upstream = cached();
    expect((await get(upstream)).headers).toContain('50');
    const hit = await get(upstream);
    expect([hit.age, hit.headers.includes('age')]).toEqual([50, false]);
    clock.advance(10_000);
    expect((await get(upstream)).text).toBe('{"n":2}');

    service.behave(
      counting({ 'cache-control': 'max-age=60', date: new Date(clock.wall() - 45_000).toUTCString() }),
    );
    await get(upstream, { path: '/dated' });
    expect((await get(upstream, { path: '/dated' })).age).toBe(45);
  });

  it('counts the time that the answer took', async () => {
    const gate = held(counting({ 'cache-control': 'max-age=60' }));
    service.behave(gate.behaviour);
    const upstream = cached();
    const first = get(upstream);
    await service.received(1);
    clock.advance(20_000);
    gate.release();
    await first;
    expect((await get(upstream)).age).toBe(20);
  });
});

describe('whom it is for', () => {
  const answers = (headers: Record<string, string>) => service.behave(counting(headers));
  const bearer = (token: string): Partial<UpstreamRequest> => ({
    headers: ['Authorization', `Bearer ${token}`],
  });

  it('goes by the headers that Vary names, as they go out', async () => {
    answers({ 'cache-control': 'max-age=60', vary: 'Accept-Language' });
    const upstream = cached();
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
    const upstream = cached();
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
    const upstream = cached();
    await get(upstream, {}, caller('ann'));
    expect((await get(upstream, {}, caller('ann'))).text).toBe('{"n":1}');
    expect((await get(upstream, {}, caller('bob'))).says).toBe('portico; fwd=vary-miss; stored');
    expect((await get(upstream)).text).toBe('{"n":3}');
  });

  it.each(['cookie', 'x-api-key', 'x-tenant'])('is those with the same %s', async (name) => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = cached({ headers: { forward: ['accept-language', 'X-Tenant'] } });
    await get(upstream, { headers: [name, 'a'] });
    expect((await get(upstream, { headers: [name, 'a'] })).text).toBe('{"n":1}');
    expect((await get(upstream, { headers: [name, 'b'] })).text).toBe('{"n":2}');
    expect((await get(upstream)).text).toBe('{"n":3}');
  });

  it('is nobody, if it was asked for with Authorization and does not say that it may be kept', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = cached();
    await get(upstream, bearer('a'));
    expect((await get(upstream, bearer('a'))).says).toBe('portico; fwd=uri-miss');
  });

  it.each(['public, max-age=60', 's-maxage=60'])('is everybody, if it says %s', async (control) => {
    answers({ 'cache-control': control });
    const upstream = cached();
    await get(upstream, bearer('a'), caller('ann'));
    expect((await get(upstream, bearer('b'), caller('bob'))).text).toBe('{"n":1}');
    expect((await get(upstream)).text).toBe('{"n":1}');
  });

  it('is the same caller alone with must-revalidate, which says nothing of others', async () => {
    answers({ 'cache-control': 'max-age=60, must-revalidate' });
    const upstream = cached();
    await get(upstream, bearer('a'));
    expect((await get(upstream, bearer('a'))).text).toBe('{"n":1}');
    expect((await get(upstream, bearer('b'))).text).toBe('{"n":2}');
  });

  it('does not go by credentials that every call has from the configuration', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = cached({ headers: { set: { Authorization: 'Basic Z2F0ZXdheQ==' } } });
    await get(upstream);
    expect((await get(upstream, bearer('a'))).text).toBe('{"n":1}');
  });

  it('does not go by what is another each time', async () => {
    answers({ 'cache-control': 'max-age=60' });
    const upstream = cached();
    const client = (ip: string) => ({
      client: { ip, protocol: 'http' as const, host: ip, forwardedFor: ip },
    });
    await get(upstream, {}, { requestId: 'one', ...client('10.0.0.1') });
    expect((await get(upstream, {}, { requestId: 'two', ...client('10.0.0.2') })).says).toBe('portico; hit');
  });
});

describe('what clients ask of it', () => {
  const KEEP = { 'cache-control': 'max-age=60' };

  it.each(['no-cache', 'max-age=0', 'min-fresh=61', 'NO-CACHE, max-stale'])(
    'with %s the service is asked, and the answer kept',
    async (control) => {
      service.behave(counting(KEEP));
      const upstream = cached();
      await get(upstream);
      expect(await get(upstream, asking(control))).toMatchObject({
        says: 'portico; fwd=request; stored',
        text: '{"n":2}',
      });
      expect((await get(upstream)).text).toBe('{"n":2}');
    },
  );

  it('Pragma does as much without Cache-Control', async () => {
    service.behave(counting(KEEP));
    const upstream = cached();
    await get(upstream);
    expect((await get(upstream, { headers: ['Pragma', 'no-cache'] })).text).toBe('{"n":2}');
    const both = ['Pragma', 'no-cache', 'Cache-Control', 'max-age=10'];
    expect((await get(upstream, { headers: both })).text).toBe('{"n":2}');
  });

  it('with max-age nothing older', async () => {
    service.behave(counting(KEEP));
    const upstream = cached();
    await get(upstream);
    clock.advance(10_000);
    expect((await get(upstream, asking('max-age=10'))).text).toBe('{"n":1}');
    expect((await get(upstream, asking('max-age=9'))).text).toBe('{"n":2}');
  });

  it('with no-store it is neither given nor kept', async () => {
    service.behave(counting(KEEP));
    const upstream = cached();
    expect((await get(upstream, asking('no-store'))).says).toBe('portico; fwd=request');
    expect((await get(upstream)).text).toBe('{"n":2}');
    expect((await get(upstream, asking('no-store'))).text).toBe('{"n":3}');
    expect((await get(upstream)).text).toBe('{"n":2}');
  });

  it('with only-if-cached a miss is 504', async () => {
    service.behave(counting(KEEP));
    const upstream = cached();
    const error = await failureOf(get(upstream, asking('only-if-cached')));
    expect([error.code, error.status]).toEqual(['NOT_CACHED', 504]);
    await get(upstream);
    expect((await get(upstream, asking('only-if-cached'))).source).toBe('cache');
    clock.advance(60_000);
    expect((await failureOf(get(upstream, asking('only-if-cached')))).status).toBe(504);
    expect(service.requests).toHaveLength(1);
  });

  it('with max-stale it may be past its time, unless the service forbids that', async () => {
    const upstream = cached();
    for (const [path, control] of [
      ['/lax', 'max-age=60'],
      ['/strict', 'max-age=60, must-revalidate'],
    ] as const) {
      service.behave(counting({ 'cache-control': control }));
      await get(upstream, { path });
    }
    clock.advance(65_000);
    const asked = (path: string, control: string) => get(upstream, { path, ...asking(control) });
    expect((await asked('/lax', 'max-stale=5')).says).toBe('portico; hit; ttl=-5');
    expect((await asked('/lax', 'max-stale')).source).toBe('cache');
    expect((await asked('/strict', 'max-stale')).source).toBe('upstream');
    expect((await asked('/lax', 'max-stale=4')).source).toBe('upstream');
  });

  it('GraphQL calls pass none of this on, unless they are told to', async () => {
    service.behave(counting(KEEP));
    const field = async (upstream: Upstream) => {
      const scope = testScope({ headers: ['cache-control', 'no-cache'] });
      const answer = await upstream.call(testRequest({ door: 'graphql' }), scope);
      await answer.body.json(100);
      return answer.source;
    };
    const upstream = cached();
    expect([await field(upstream), await field(upstream)]).toEqual(['upstream', 'cache']);
    const forwarding = cached({ headers: { forward: ['cache-control'] } });
    expect([await field(forwarding), await field(forwarding)]).toEqual(['upstream', 'upstream']);
  });

  it.each([
    ['range', 'bytes=0-1'],
    ['if-match', '"a"'],
    ['if-unmodified-since', 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ])('%s goes past it', async (name, value) => {
    service.behave(counting(KEEP));
    const upstream = cached();
    await get(upstream);
    expect(await get(upstream, { headers: [name, value] })).toMatchObject({
      says: 'portico; fwd=bypass; stored',
      text: '{"n":2}',
    });
  });

  it('a HEAD is answered from a kept GET, but is none', async () => {
    service.behave(counting({ 'cache-control': 'max-age=60', 'x-of': 'get' }));
    const upstream = cached();
    expect((await get(upstream, { method: 'HEAD' })).says).toBe('portico; fwd=uri-miss');
    await get(upstream);
    const head = await get(upstream, { method: 'HEAD' });
    expect(head).toMatchObject({ source: 'cache', status: 200, text: '' });
    expect(head.headers).toEqual(expect.arrayContaining(['x-of', 'get', 'content-length', '7']));
    expect(service.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('a GET with a body goes past it', async () => {
    service.behave(counting(KEEP));
    const upstream = cached();
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
    service.behave(counting(VERSION));
    const upstream = cached();
    await get(upstream);
    const answer = await get(upstream, { headers: [name, value] });
    expect(answer).toMatchObject({ status: 304, source: 'cache', says: 'portico; hit', text: '' });
    expect(answer.headers).toEqual(expect.arrayContaining(['etag', '"v1"', 'cache-control', 'x-other']));
    expect(answer.headers).not.toContain('content-length');
    expect(service.requests).toHaveLength(1);
  });

  it.each([
    ['if-none-match', '"v2"'],
    ['if-modified-since', 'Wed, 31 Dec 2025 11:59:59 GMT'],
    ['if-modified-since', 'yesterday'],
  ])('or gets it, if it has another: %s: %s', async (name, value) => {
    service.behave(counting(VERSION));
    const upstream = cached();
    await get(upstream);
    expect(await get(upstream, { headers: [name, value] })).toMatchObject({ status: 200, text: '{"n":1}' });
  });

  it('gets what the service says of a miss', async () => {
    service.behave(text('', 304, { etag: '"v1"' }));
    const answer = await get(cached(), { headers: ['if-none-match', '"v1"'] });
    expect(answer).toMatchObject({ status: 304, says: 'portico; fwd=uri-miss' });
  });

  it('is told so of a stale one, once the service has confirmed it', async () => {
    service.behave(inTurn(json({ n: 1 }, 200, VERSION), text('', 304)));
    const upstream = cached();
    await get(upstream);
    clock.advance(60_000);
    const asked = { headers: ['if-none-match', '"v0", "v1"'] };
    expect(await get(upstream, asked)).toMatchObject({
      status: 304,
      says: 'portico; fwd=stale; fwd-status=304',
    });
    expect(service.requests[1]?.headers['if-none-match']).toBe('"v1"');
  });
});

describe('a stale answer', () => {
  const VERSION = { 'cache-control': 'max-age=60', etag: '"v1"', 'x-gen': '1' };

  it('is confirmed by the service, brought up to date, and fresh again', async () => {
    const news = { 'cache-control': 'max-age=30', 'x-gen': '2', 'x-new': 'n', 'content-length': '0' };
    service.behave(inTurn(counting(VERSION), text('', 304, { ...news, 'set-cookie': 's=1' })));
    const upstream = cached();
    await get(upstream);
    clock.advance(60_000);
    const confirmed = await get(upstream);
    expect(confirmed).toMatchObject({
      status: 200,
      source: 'upstream',
      says: 'portico; fwd=stale; fwd-status=304',
      text: '{"n":1}',
    });
    expect(confirmed.headers).toEqual(expect.arrayContaining(['x-gen', '2', 'x-new', 'n', 's=1', '7']));
    clock.advance(29_000);
    const hit = await get(upstream);
    expect(hit).toMatchObject({ says: 'portico; hit', age: 29, text: '{"n":1}' });
    expect(hit.headers).not.toContain('s=1');
    clock.advance(1000);
    expect((await get(upstream)).source).toBe('upstream');
    expect(service.requests).toHaveLength(3);
  });

  it('is confirmed once for all who ask meanwhile, whatever they have themselves, and is not parsed again', async () => {
    service.behave(counting(VERSION));
    const upstream = cached();
    const field = async (headers: string[] = []) => {
      const answer = await upstream.call(testRequest({ door: 'graphql', headers }), testScope());
      return answer.body.json(100);
    };
    await field();
    const before = await field();
    clock.advance(60_000);
    const gate = held(text('', 304));
    service.behave(gate.behaviour);
    const three = [field(), field(), field()];
    await service.received(2);
    gate.release();
    for (const value of await Promise.all(three)) expect(value).toBe(before);
    expect(service.requests).toHaveLength(2);
  });

  it('does not join those who ask for themselves whether they have it', async () => {
    service.behave(counting({ ...VERSION, vary: 'x-who' }));
    const upstream = cached();
    await get(upstream, { headers: ['x-who', 'a'] });
    clock.advance(60_000);
    const gate = held(text('', 304));
    service.behave(gate.behaviour);
    const past = upstream.call(
      testRequest({ cache: false, headers: ['x-who', 'a', 'if-none-match', '"v1"'] }),
      testScope(),
    );
    const kept = get(upstream, { headers: ['x-who', 'a'] });
    await service.received(3);
    gate.release();
    expect((await past).status).toBe(304);
    expect((await kept).status).toBe(200);
  });

  it('gives way to a newer one, and to one that may not be kept', async () => {
    service.behave(inTurn(counting(VERSION), json({ n: 2 }, 200, { 'cache-control': 'no-store' })));
    const upstream = cached();
    await get(upstream);
    clock.advance(60_000);
    expect(await get(upstream)).toMatchObject({ says: 'portico; fwd=stale', text: '{"n":2}' });
    await get(upstream);
    expect(service.requests[2]?.headers['if-none-match']).toBeUndefined();
  });

  it('is fetched whole if the service confirms another one', async () => {
    service.behave(inTurn(counting(VERSION), text('', 304, { etag: '"v9"' }), json({ n: 9 }, 200, VERSION)));
    const upstream = cached();
    await get(upstream);
    clock.advance(60_000);
    expect(await get(upstream)).toMatchObject({ status: 200, text: '{"n":9}' });
    expect(service.requests[2]?.headers['if-none-match']).toBeUndefined();
  });

  it('is asked about each time, with no-cache', async () => {
    const control = { 'cache-control': 'no-cache', etag: '"v1"' };
    service.behave(inTurn(counting(control), text('', 304, control)));
    const upstream = cached();
    await get(upstream);
    for (let i = 0; i < 2; i++) expect((await get(upstream)).says).toBe('portico; fwd=stale; fwd-status=304');
    expect(service.requests[2]?.headers['if-none-match']).toBe('"v1"');
  });

  it('is asked about by its date, if it has nothing better', async () => {
    const changed = 'Wed, 31 Dec 2025 12:00:00 GMT';
    service.behave(counting({ 'cache-control': 'max-age=1', 'last-modified': changed }));
    const upstream = cached();
    await get(upstream);
    clock.advance(1000);
    await get(upstream);
    expect(service.requests[1]?.headers['if-modified-since']).toBe(changed);
  });
});

describe('stale-while-revalidate', () => {
  const control = { 'cache-control': 'max-age=60, stale-while-revalidate=30' };

  it('gives the old answer while a new one is fetched, once, whoever leaves', async () => {
    service.behave(counting(control));
    const upstream = cached();
    await get(upstream);
    clock.advance(60_000);
    const gate = held(json({ n: 2 }, 200, control));
    service.behave(gate.behaviour);
    const first = testScope();
    const answer = await upstream.call(testRequest(), first);
    expect([answer.source, answer.cacheStatus]).toEqual(['cache', 'portico; hit; ttl=0']);
    first.leave();
    await service.received(2);
    expect((await get(upstream)).text).toBe('{"n":1}');
    gate.release();
    await until(async () => (await get(upstream)).text === '{"n":2}');
    expect(service.requests).toHaveLength(2);
  });

  it('tries again after a failure, and ends with its time', async () => {
    service.behave(counting(control));
    const upstream = cached();
    await get(upstream);
    clock.advance(60_000);
    service.behave(reset);
    for (const count of [2, 3]) {
      await until(async () => {
        expect((await get(upstream)).text).toBe('{"n":1}');
        return service.requests.length >= count;
      });
    }
    clock.advance(30_000);
    expect((await failureOf(get(upstream))).code).toMatch(/^UPSTREAM_/);
  });

  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=60'])(
    'does not hold with %s',
    async (forbids) => {
      service.behave(counting({ 'cache-control': `max-age=60, stale-while-revalidate=30, ${forbids}` }));
      const upstream = cached();
      await get(upstream);
      clock.advance(60_000);
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
    service.behave(counting(control));
    const upstream = cached();
    await get(upstream);
    clock.advance(70_000);
    service.behave(failure);
    expect(await get(upstream)).toMatchObject({
      status: 200,
      source: 'cache',
      age: 70,
      says: 'portico; fwd=stale; detail=stale-if-error',
      text: '{"n":1}',
    });
    clock.advance(20_000);
    const outcome = await get(upstream).catch((error: { code: string }) => error.code);
    expect(outcome).not.toMatchObject({ source: 'cache' });
  });

  it('is no way out of a request that wants a new answer, nor of a refusal', async () => {
    service.behave(counting(control));
    const upstream = cached();
    await get(upstream);
    service.behave(json({}, 503));
    expect((await get(upstream, asking('no-cache'))).status).toBe(503);
    clock.advance(61_000);
    service.behave(json({}, 403));
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
    service.behave(counting(KEEP));
    const upstream = cached();
    for (const path of ['/users/1', '/users/2']) await get(upstream, { path }, caller('ann'));
    service.behave(text('', status));
    const answer = await get(upstream, { method, body: null }, caller('bob'));
    expect(answer.says).toBe('portico; fwd=method');
    service.behave(counting(KEEP));
    expect((await get(upstream, {}, caller('ann'))).source).toBe(source);
    expect((await get(upstream, { path: '/users/2' }, caller('ann'))).source).toBe('cache');
  });

  it('keeps out what was on its way before it', async () => {
    const gate = held(counting(KEEP));
    service.behave(gate.behaviour);
    const upstream = cached();
    const reading = get(upstream);
    await service.received(1);
    service.behave(json({}));
    await get(upstream, { method: 'POST', body: '{}' });
    gate.release();
    expect((await reading).text).toBe('{"n":1}');
    service.behave(json({ n: 'new' }, 200, KEEP));
    expect((await get(upstream)).text).toBe('{"n":"new"}');
  });
});

describe('a service without a cache', () => {
  it('has none', async () => {
    service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = cached({ cache: false });
    expect((await get(upstream)).says).toBeUndefined();
    expect((await get(upstream)).source).toBe('upstream');
  });

  it('has one for the routes that want it', async () => {
    service.behave(counting({ 'cache-control': 'max-age=60' }));
    const upstream = cached({ cache: false });
    expect((await get(upstream, { cache: true })).says).toBe('portico; fwd=uri-miss; stored');
    expect((await get(upstream, { cache: true })).says).toBe('portico; hit');
    expect((await get(upstream)).text).toBe('{"n":2}');
    await get(upstream, { method: 'POST', body: '{}' });
    expect((await get(upstream, { cache: true })).text).toBe('{"n":4}');
  });
});

it('a call of its own goes past the cache', async () => {
  service.behave(counting({ 'cache-control': 'max-age=60' }));
  const upstream = cached();
  await get(upstream);
  expect(await get(upstream, { shared: false })).toMatchObject({
    says: 'portico; fwd=bypass',
    text: '{"n":2}',
  });
  expect((await get(upstream)).text).toBe('{"n":1}');
});

it('a cache works without joining', async () => {
  service.behave(counting({ 'cache-control': 'max-age=60' }));
  const upstream = cached({ dedupe: false });
  await get(upstream);
  expect((await get(upstream)).says).toBe('portico; hit');
});

/** Lets sockets have their turns until the condition holds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await nextTurn();
}
