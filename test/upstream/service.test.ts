import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/kernel/principal.ts';
import type { BufferedResponse, CallOutcome, Upstream } from '../../src/upstream/upstream.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  cutBody,
  echo,
  type HttpService,
  hang,
  held,
  inTurn,
  json,
  nonsense,
  reset,
  stall,
  startHttpService,
  text,
} from '../support/http-service.ts';
import { failureOf, fetchJson, testRequest, testScope, upstreamTo } from './harness.ts';

let service: HttpService;
let other: HttpService;
const upstreams: Upstream[] = [];

function to(...args: Parameters<typeof upstreamTo>): Upstream {
  const made = upstreamTo(...args);
  upstreams.push(made);
  return made;
}

const principal = (id: string): Principal => ({
  via: 'jwt',
  id,
  name: undefined,
  roles: [],
  scopes: [],
  claims: {},
});

beforeEach(async () => {
  service = await startHttpService();
  other = await startHttpService(json({ other: true }));
});

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((made) => made.dispose()));
  await service.close();
  await other.close();
});

describe('retries', () => {
  const quick = { retry: { attempts: 2, backoff: '1ms' } };

  it('repeat a failed GET until it is well', async () => {
    service.behave(inTurn(reset, json({}, 503), json({ third: 1 })));
    expect((await fetchJson(to([service.url], quick))).value).toEqual({ third: 1 });
    expect(service.requests).toHaveLength(3);
  });

  it('pass the last answer on untouched when they run out', async () => {
    service.behave(json({ detail: 'maintenance' }, 503, { 'retry-after': '7' }));
    const { answer, value } = await fetchJson(to([service.url], quick));
    expect([answer.status, value]).toEqual([503, { detail: 'maintenance' }]);
    expect(answer.headers).toContain('7');
    expect(service.requests).toHaveLength(3);
  });

  it('go to another target', async () => {
    service.behave(reset);
    const upstream = to([service.url, other.url], { retry: { attempts: 1, backoff: '1ms' } });
    for (let i = 0; i < 4; i++) expect((await fetchJson(upstream)).value).toEqual({ other: true });
    expect(service.requests.length).toBeGreaterThan(0);
  });

  it('leave alone what has been sent and may not be repeated', async () => {
    service.behave(reset);
    const error = await failureOf(fetchJson(to([service.url], quick), { method: 'POST', body: '{}' }));
    expect(error.code).toBe('UPSTREAM_UNREACHABLE');
    service.behave(json({}, 503));
    await fetchJson(to([service.url], quick), { method: 'POST', body: '{}' });
    expect(service.requests).toHaveLength(2);
  });

  it('send any method, and even a stream, elsewhere if nobody was there to take it', async () => {
    await service.die();
    other.behave(echo);
    const upstream = to([service.url, other.url], { retry: { attempts: 1, backoff: '1ms' } });
    for (let i = 0; i < 4; i++) {
      const body = Readable.from([Buffer.from('{"n":'), Buffer.from(`${i}}`)], { objectMode: false });
      expect((await fetchJson(upstream, { method: 'POST', body })).value).toEqual({ n: i });
    }
  });

  it('do not repeat a stream that has been read from, even of a repeatable method', async () => {
    service.behave(json({}, 503));
    const upstream = to([service.url], { retry: { attempts: 2, backoff: '1ms', methods: ['PUT'] } });
    const body = Readable.from([Buffer.from('{}')], { objectMode: false });
    expect((await fetchJson(upstream, { method: 'PUT', body })).answer.status).toBe(503);
    expect(service.requests).toHaveLength(1);
    await fetchJson(upstream, { method: 'PUT', body: '{}' });
    expect(service.requests).toHaveLength(4);
  });

  it('stop at their budget', async () => {
    service.behave(json({}, 503));
    const clock = new FakeClock();
    const upstream = to(
      [service.url],
      { retry: { attempts: 1, backoff: '1ms' }, breaker: { minimum: 10_000 } },
      { clock, random: () => 0 },
    );
    for (let i = 0; i < 100; i++) {
      const call = fetchJson(upstream);
      await service.received(service.requests.length + 1);
      while (clock.pending > 0) await clock.pass(1);
      await call;
    }
    expect(service.requests.length).toBeLessThanOrEqual(121);
    expect(service.requests.length).toBeGreaterThanOrEqual(110);
  });
});

describe('the breaker', () => {
  const fragile = {
    retry: { attempts: 0 },
    breaker: { minimum: 4, openFor: '5s', window: '10s', failureRate: '50%' },
  };

  it('opens when the service is dead, spares it, and lets it recover', async () => {
    const clock = new FakeClock();
    const states: string[] = [];
    const outcomes: CallOutcome[] = [];
    const upstream = to([service.url], fragile, {
      clock,
      observer: {
        breaker: ({ state }) => states.push(state),
        call: ({ outcome }) => outcomes.push(outcome),
      },
    });
    await service.die();
    for (let i = 0; i < 4; i++)
      expect((await failureOf(fetchJson(upstream))).code).toBe('UPSTREAM_UNREACHABLE');
    const refused = await failureOf(fetchJson(upstream));
    expect([refused.code, refused.status, refused.retryAfter]).toEqual(['CIRCUIT_OPEN', 503, 5]);
    expect(upstream.status()).toMatchObject({ status: 'unhealthy', breaker: 'open' });
    await clock.pass(5000);
    expect((await failureOf(fetchJson(upstream))).code).toBe('UPSTREAM_UNREACHABLE');
    expect((await failureOf(fetchJson(upstream))).code).toBe('CIRCUIT_OPEN');
    await service.comeBack();
    await clock.pass(5000);
    for (let i = 0; i < 3; i++) expect((await fetchJson(upstream)).value).toEqual({ ok: true });
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
    expect(outcomes).toEqual(['error', 'error', 'error', 'error', 'open', 'error', 'open', 'ok', 'ok', 'ok']);
    expect(upstream.status()).toMatchObject({ status: 'healthy', breaker: 'closed' });
  });

  it.each([
    ['a 500', text('oops', 500)],
    ['nonsense', nonsense],
  ])('counts %s', async (_what, behaviour) => {
    service.behave(behaviour);
    const upstream = to([service.url], fragile);
    for (let i = 0; i < 4; i++)
      await upstream.call(testRequest(), testScope()).then(
        (answer) => answer.body.discard(),
        () => {},
      );
    expect(upstream.status().breaker).toBe('open');
  });

  it('does not count a 404, nor clients that leave', async () => {
    const upstream = to([service.url], fragile);
    service.behave(json({}, 404));
    for (let i = 0; i < 10; i++) await fetchJson(upstream);
    service.behave(hang);
    for (let i = 0; i < 10; i++) {
      const scope = testScope();
      const call = failureOf(fetchJson(upstream, { path: `/${i}` }, scope));
      await service.received(11 + i);
      scope.leave();
      await call;
    }
    expect(upstream.status().breaker).toBe('closed');
  });

  it('does not count deadlines that pass before there was an attempt', async () => {
    const clock = new FakeClock();
    const upstream = to([service.url], fragile, { clock });
    await clock.pass(100);
    for (let i = 0; i < 10; i++) {
      const late = testScope({ deadline: 100 });
      expect((await failureOf(fetchJson(upstream, { shared: false }, late))).code).toBe('DEADLINE_EXCEEDED');
    }
    expect(upstream.status().breaker).toBe('closed');
    service.behave(hang);
    for (let i = 0; i < 4; i++) {
      const scope = testScope({ deadline: clock.now() + 50 });
      const call = failureOf(fetchJson(upstream, { shared: false }, scope));
      await service.received(i + 1);
      await clock.pass(50);
      expect((await call).code).toBe('DEADLINE_EXCEEDED');
    }
    expect(upstream.status().breaker).toBe('open');
  });

  it('is not held half open by a probing client that leaves', async () => {
    const clock = new FakeClock();
    const upstream = to([service.url], fragile, { clock });
    service.behave(reset);
    for (let i = 0; i < 4; i++) await failureOf(fetchJson(upstream));
    await clock.pass(5000);
    service.behave(hang);
    const scope = testScope();
    const probe = failureOf(fetchJson(upstream, {}, scope));
    await service.received(5);
    expect((await failureOf(fetchJson(upstream, { path: '/other' }))).code).toBe('CIRCUIT_OPEN');
    scope.leave();
    await probe;
    service.behave(json([1]));
    expect((await fetchJson(upstream)).value).toEqual([1]);
    expect(upstream.status().breaker).toBe('closed');
  });

  it('turns those away who wait for a place when it opens', async () => {
    const upstream = to([service.url], { ...fragile, bulkhead: { concurrent: 4 }, dedupe: false });
    const gate = held(reset);
    service.behave(gate.behaviour);
    const calls = Array.from({ length: 10 }, () => failureOf(fetchJson(upstream)));
    await service.received(4);
    service.behave(reset);
    gate.release();
    const codes = (await Promise.all(calls)).map((error) => error.code);
    // Each place that came free before the fourth failure has let one more in.
    expect(codes.filter((code) => code === 'CIRCUIT_OPEN')).toHaveLength(2);
    expect(service.requests).toHaveLength(8);
  });
});

describe('the bulkhead', () => {
  const narrow = { bulkhead: { concurrent: 1, queued: 1 }, dedupe: false, retry: { attempts: 0 } };

  it('keeps a place until the body is done, and refuses when the queue is full', async () => {
    service.behave(stall);
    const upstream = to([service.url], narrow);
    const first = await upstream.call(testRequest(), testScope());
    service.behave(json({ second: true }));
    const second = fetchJson(upstream);
    await nextTurn();
    const third = await failureOf(fetchJson(upstream));
    expect([third.code, third.status, third.retryAfter]).toEqual(['UPSTREAM_OVERLOADED', 503, 1]);
    expect(service.requests).toHaveLength(1);
    first.body.discard();
    expect((await second).value).toEqual({ second: true });
  });

  it('lets a client leave the queue', async () => {
    const gate = held(json({}));
    service.behave(gate.behaviour);
    const upstream = to([service.url], narrow);
    const first = fetchJson(upstream);
    await service.received(1);
    const scope = testScope();
    const second = failureOf(fetchJson(upstream, {}, scope));
    scope.leave();
    expect((await second).code).toBe('CLIENT_CLOSED');
    gate.release();
    await first;
    service.behave(json([]));
    expect((await fetchJson(upstream)).value).toEqual([]);
    expect(service.requests).toHaveLength(2);
  });
});

describe('joining', () => {
  it('makes one call of identical GETs in flight, parsed once', async () => {
    const gate = held(json({ id: 1 }));
    service.behave(gate.behaviour);
    const outcomes: CallOutcome[] = [];
    const upstream = to([service.url], {}, { observer: { call: ({ outcome }) => outcomes.push(outcome) } });
    const calls = Array.from({ length: 10 }, (_, index) =>
      fetchJson(upstream, { door: 'graphql' }, testScope({ requestId: `request-${index}` })),
    );
    await service.received(1);
    gate.release();
    const answers = await Promise.all(calls);
    expect(service.requests).toHaveLength(1);
    expect(answers.filter(({ answer }) => answer.source === 'joined')).toHaveLength(9);
    for (const { value } of answers) expect(value).toBe(answers[0]?.value);
    expect(outcomes.filter((outcome) => outcome === 'joined')).toHaveLength(9);
    expect(upstream.status().inFlight).toBe(0);
  });

  it('keeps apart what differs in a forwarded header, in identity, method, path or body', async () => {
    const gate = held(json({}));
    service.behave(gate.behaviour);
    const upstream = to([service.url]);
    const variants = [
      fetchJson(upstream),
      fetchJson(upstream, { headers: ['Authorization', 'Bearer a'] }),
      fetchJson(upstream, { headers: ['Authorization', 'Bearer b'] }),
      fetchJson(upstream, {}, testScope({ principal: principal('1') })),
      fetchJson(upstream, {}, testScope({ principal: principal('2') })),
      fetchJson(upstream, { path: '/users/2' }),
      fetchJson(upstream, { method: 'POST' }),
      fetchJson(upstream, { method: 'POST' }),
      fetchJson(upstream, { shared: false }),
      fetchJson(upstream, { shared: false }),
      fetchJson(upstream, { door: 'graphql' }),
    ];
    await service.received(variants.length);
    gate.release();
    await Promise.all(variants);
    expect(service.requests).toHaveLength(variants.length);
  });

  it('takes client addresses for a difference on routes only', async () => {
    const gate = held(json({}));
    service.behave(gate.behaviour);
    const upstream = to([service.url]);
    const from = (forwardedFor: string) =>
      testScope({ client: { ip: forwardedFor, protocol: 'http', host: 'h', forwardedFor } });
    const calls = [
      fetchJson(upstream, {}, from('10.0.0.1')),
      fetchJson(upstream, {}, from('10.0.0.2')),
      fetchJson(upstream, { door: 'graphql' }, from('10.0.0.1')),
      fetchJson(upstream, { door: 'graphql' }, from('10.0.0.2')),
    ];
    await service.received(3);
    gate.release();
    await Promise.all(calls);
    expect(service.requests).toHaveLength(3);
  });

  it('gives an answer of a route that sets a cookie to one caller alone', async () => {
    const gate = held((_request, response) => {
      response.writeHead(200, { 'set-cookie': `session=${service.requests.length}`, 'content-length': 0 });
      response.end();
    });
    service.behave(gate.behaviour);
    const upstream = to([service.url]);
    const calls = [1, 2, 3].map(async () => {
      const answer = await upstream.call(testRequest(), testScope());
      await answer.body.bytes(10);
      return answer.source;
    });
    await service.received(1);
    gate.release();
    expect(await Promise.all(calls)).toEqual(['upstream', 'upstream', 'upstream']);
    expect(service.requests).toHaveLength(3);
  });

  it('gives short answers of a route to all, byte for byte', async () => {
    const gate = held(json({ text: 'x'.repeat(100_000) }));
    service.behave(gate.behaviour);
    const upstream = to([service.url]);
    const sinks = [0, 1, 2].map(() => new PassThrough());
    const calls = sinks.map(async (sink) =>
      (await upstream.call(testRequest(), testScope())).body.pipe(sink),
    );
    const texts = sinks.map(async (sink) => Buffer.concat(await sink.toArray()).toString());
    await service.received(1);
    gate.release();
    await Promise.all(calls);
    for (const received of await Promise.all(texts)) expect(JSON.parse(received).text).toHaveLength(100_000);
    expect(service.requests).toHaveLength(1);
  });

  it('lets each have its own call where a route streams something long or endless', async () => {
    const gate = held((_request, response) => {
      response.write('data: 1\n\n');
    });
    service.behave(gate.behaviour);
    const upstream = to([service.url]);
    const scope = testScope();
    const calls = [0, 1, 2].map(() => upstream.call(testRequest(), scope));
    await service.received(1);
    gate.release();
    await service.received(3);
    gate.release();
    for (const answer of await Promise.all(calls)) {
      const [chunk] = await answer.body.stream().take(1).toArray();
      expect(String(chunk)).toBe('data: 1\n\n');
    }
    scope.leave();
    await service.aborted(3);
  });

  it('ends with the last caller, not with the first', async () => {
    service.behave(hang);
    const upstream = to([service.url]);
    const scopes = [testScope(), testScope({ deadline: 1 })];
    const calls = scopes.map((scope) => failureOf(upstream.call(testRequest(), scope)));
    await service.received(1);
    scopes[0]?.leave();
    expect((await calls[0])?.code).toBe('CLIENT_CLOSED');
    await nextTurn();
    expect(service.requests[0]?.aborted).toBe(false);
    scopes[1]?.leave();
    expect((await calls[1])?.code).toBe('CLIENT_CLOSED');
    await service.aborted(1);
    expect(upstream.status().inFlight).toBe(0);
  });
});

describe('stale answers', () => {
  const stale = { stale: { maxAge: 60_000 } };

  it.each([
    ['dies', () => service.die()],
    ['answers 500', () => service.behave(json({ oops: true }, 500))],
    ['hangs up', () => service.behave(reset)],
  ])('are given when the service %s, with the reason and the age', async (_what, break_) => {
    const clock = new FakeClock();
    const upstream = to([service.url], { retry: { attempts: 0 } }, { clock });
    service.behave(json({ good: 1 }, 200, { 'set-cookie': 'a=1', etag: '"e"' }));
    await fetchJson(upstream, stale);
    await break_();
    await clock.pass(7900);
    const { answer, value } = await fetchJson(upstream, stale);
    expect(value).toEqual({ good: 1 });
    expect(answer).toMatchObject({ status: 200, source: 'stale', age: 7 });
    expect(answer.failure).toMatchObject({ service: 'users' });
    expect(answer.headers).toContain('"e"');
    expect(answer.headers).not.toContain('a=1');
    await clock.pass(60_000);
    const after = await upstream.call(testRequest(stale), testScope()).catch((error: Error) => error);
    expect(after).not.toMatchObject({ source: 'stale' });
  });

  it('are given when the body breaks before it has been judged', async () => {
    const upstream = to([service.url]);
    const accept = () => true;
    await fetchJson(upstream, { door: 'graphql', stale: { maxAge: 1000, accept } });
    service.behave(cutBody);
    const { answer, value } = await fetchJson(upstream, { door: 'graphql', stale: { maxAge: 1000, accept } });
    expect([answer.source, value]).toEqual(['stale', { ok: true }]);
  });

  it('are what the call itself takes for good', async () => {
    const upstream = to([service.url]);
    const request = {
      door: 'graphql' as const,
      stale: {
        maxAge: 1000,
        accept: (response: BufferedResponse) => JSON.parse(response.body.toString()).error === undefined,
      },
    };
    await fetchJson(upstream, request);
    service.behave(json({ error: 'quota' }));
    expect((await fetchJson(upstream, request)).value).toEqual({ ok: true });
    expect((await fetchJson(upstream, { ...request, path: '/new' })).value).toEqual({ error: 'quota' });
  });

  it('are never those of somebody else, nor of another request', async () => {
    const upstream = to([service.url], { retry: { attempts: 0 } });
    const mine = testScope({ principal: principal('1') });
    await fetchJson(upstream, stale, mine);
    await fetchJson(upstream, { ...stale, method: 'POST', body: '{"a":1}' }, mine);
    await service.die();
    expect((await fetchJson(upstream, stale, mine)).answer.source).toBe('stale');
    const post = { ...stale, method: 'POST', body: '{"a":1}' };
    expect((await fetchJson(upstream, post, mine)).answer.source).toBe('stale');
    const misses = [
      fetchJson(upstream, stale),
      fetchJson(upstream, stale, testScope({ principal: principal('2') })),
      fetchJson(upstream, { ...stale, headers: ['Authorization', 'Bearer x'] }, mine),
      fetchJson(upstream, { ...post, body: '{"a":2}' }, mine),
      fetchJson(upstream, {}, mine),
    ];
    for (const miss of misses) expect((await failureOf(miss)).code).toBe('UPSTREAM_UNREACHABLE');
  });

  it('are kept from an answer that streams past, once it is whole', async () => {
    const upstream = to([service.url], { retry: { attempts: 0 } });
    service.behave(stall);
    const scope = testScope();
    const cut = await upstream.call(testRequest(stale), scope);
    scope.leave();
    await failureOf(cut.body.bytes(1000));
    service.behave(text('all of it'));
    const sink = new PassThrough();
    await (await upstream.call(testRequest({ ...stale, path: '/whole' }), testScope())).body.pipe(sink);
    await service.die();
    const whole = await upstream.call(testRequest({ ...stale, path: '/whole' }), testScope());
    expect((await whole.body.bytes(1000)).toString()).toBe('all of it');
    expect((await failureOf(upstream.call(testRequest(stale), testScope()))).code).toBe(
      'UPSTREAM_UNREACHABLE',
    );
  });
});

describe('status, probe and dispose', () => {
  it('tell of targets, and of what is under way', async () => {
    service.behave(stall);
    const upstream = to([service.url]);
    const answer = await upstream.call(testRequest(), testScope());
    expect(upstream.status()).toEqual({
      status: 'healthy',
      breaker: 'closed',
      inFlight: 1,
      targets: [{ url: service.url, healthy: true, inFlight: 1 }],
    });
    answer.body.discard();
    expect(upstream.status()).toMatchObject({ inFlight: 0, targets: [{ inFlight: 0 }] });
  });

  it('ask the root, or the health path, of a target', async () => {
    service.behave(json({}, 404));
    expect(await to([service.url]).probe()).toMatchObject({ ok: true, url: service.url });
    expect(service.requests[0]?.url).toBe('/');
    const watched = to([`${service.url}/v1`], { health: { path: '/healthz' } });
    expect(await watched.probe()).toMatchObject({ ok: false });
    expect(service.requests.at(-1)?.url).toBe('/v1/healthz');
    await service.die();
    expect(await to([service.url]).probe()).toMatchObject({ ok: false });
  });

  it('wait for calls in flight, but not for ever', async () => {
    const clock = new FakeClock();
    const gate = held(json({ late: true }));
    service.behave(gate.behaviour);
    const upstream = upstreamTo([service.url], {}, { clock, drainTimeout: 1000 });
    const call = fetchJson(upstream);
    await service.received(1);
    const disposed = upstream.dispose();
    gate.release();
    expect((await call).value).toEqual({ late: true });
    await disposed;

    service.behave(hang);
    const stuck = upstreamTo([service.url], { retry: { attempts: 0 } }, { clock, drainTimeout: 1000 });
    const lost = failureOf(fetchJson(stuck));
    await service.received(2);
    const gone = stuck.dispose();
    await clock.pass(1000);
    await gone;
    expect((await lost).code).toBe('UPSTREAM_UNREACHABLE');
    await service.aborted(1);
  });
});

it('tells the observer of every attempt, with target and status', async () => {
  const attempts: { target: string; status: number | undefined }[] = [];
  service.behave(inTurn(reset, json({}, 503), json({})));
  const upstream = to(
    [service.url],
    { retry: { attempts: 2, backoff: '1ms' } },
    { observer: { attempt: ({ target, status }) => attempts.push({ target, status }) } },
  );
  await fetchJson(upstream);
  expect(attempts).toEqual([undefined, 503, 200].map((status) => ({ target: service.url, status })));
});
