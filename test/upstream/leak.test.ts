import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Scope } from '../../src/kernel/scope.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import {
  type Behaviour,
  cutBody,
  type HttpService,
  hang,
  held,
  json,
  nonsense,
  reset,
  stall,
  startHttpService,
} from '../support/http-service.ts';
import { testRequest, testScope, upstreamTo } from './harness.ts';

const PLACES = 20;
const CALLS = 3000;

const BEHAVIOURS: readonly Behaviour[] = [
  json({ ok: true }),
  json({ text: 'x'.repeat(200_000) }),
  json({ oops: 1 }, 500),
  json({ wait: 1 }, 503),
  (_request, response) => void response.end('chunk'),
  cutBody,
  nonsense,
  reset,
  stall,
  hang,
];

let service: HttpService;

/** Numbers that look random and are the same in every run. */
function fixedRandom(): (below: number) => number {
  let seed = 7;
  return (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
}

/** The ways in which a caller may treat its answer. */
const READERS: readonly ((upstream: Upstream, scope: Scope, path: string) => Promise<unknown>)[] = [
  async (upstream, scope, path) => (await upstream.call(testRequest({ path }), scope)).body.json(10_000_000),
  async (upstream, scope, path) =>
    (await upstream.call(testRequest({ path, door: 'graphql' }), scope)).body.json(1000),
  async (upstream, scope, path) =>
    (await upstream.call(testRequest({ path }), scope)).body.pipe(new PassThrough().resume()),
  async (upstream, scope, path) => (await upstream.call(testRequest({ path }), scope)).body.discard(),
  async (upstream, scope, path) =>
    (await upstream.call(testRequest({ path, stale: { maxAge: 1000 } }), scope)).body.stream().toArray(),
  async (upstream, scope, path) =>
    (await upstream.call(testRequest({ path, method: 'POST', body: '{}' }), scope)).body.bytes(100_000),
];

/** Makes many calls of every kind at once, of whose callers one in four leaves at some moment. */
async function storm(upstream: Upstream): Promise<void> {
  const random = fixedRandom();
  let running: Promise<unknown>[] = [];
  for (let i = 0; i < CALLS; i++) {
    const scope = testScope();
    const path = `/${random(BEHAVIOURS.length)}?${random(3)}`;
    const read = READERS[random(READERS.length)] as (typeof READERS)[number];
    running.push(read(upstream, scope, path).catch(() => {}));
    if (random(4) === 0) setTimeout(() => scope.leave(), random(15));
    if (running.length === 60) {
      await Promise.all(running);
      running = [];
    }
  }
  await Promise.all(running);
}

/** Every place of the bulkhead can be had at once. */
async function expectAllPlaces(upstream: Upstream): Promise<void> {
  expect(upstream.status().inFlight).toBe(0);
  for (const target of upstream.status().targets) expect(target.inFlight).toBe(0);
  const gate = held(json({ ok: true }));
  service.behave(gate.behaviour);
  const before = service.requests.length;
  const calls = Array.from({ length: PLACES }, (_, index) =>
    upstream.call(testRequest({ path: `/place/${index}`, timeout: 20_000 }), testScope()),
  );
  await service.received(before + PLACES);
  gate.release();
  for (const answer of await Promise.all(calls)) expect(await answer.body.json(1000)).toEqual({ ok: true });
}

beforeEach(async () => {
  service = await startHttpService((request, response, seen) =>
    BEHAVIOURS[Number(request.url?.[1])]?.(request, response, seen),
  );
});

afterEach(() => service.close());

const HASTY = {
  timeout: '20ms',
  idleTimeout: '20ms',
  retry: { attempts: 1, backoff: '1ms' },
  bulkhead: { concurrent: PLACES, queued: 30 },
};

it('loses no place and no count, whatever becomes of thousands of calls', async () => {
  const upstream = upstreamTo(
    [service.url],
    { ...HASTY, breaker: { minimum: 1_000_000 } },
    { drainTimeout: 0 },
  );
  await storm(upstream);
  await expectAllPlaces(upstream);
  await upstream.dispose();
});

it('does not stay open or half open, however often it has been', async () => {
  const states = new Set<string>();
  const upstream = upstreamTo(
    [service.url],
    { ...HASTY, breaker: { minimum: 5, failureRate: '40%', window: '100ms', openFor: '3ms' } },
    { observer: { breaker: ({ state }) => states.add(state) } },
  );
  await storm(upstream);
  expect(states).toEqual(new Set(['open', 'half-open', 'closed']));
  service.behave(json({ ok: true }));
  while (upstream.status().breaker !== 'closed') {
    await upstream.call(testRequest({ path: '/well' }), testScope()).then(
      (answer) => answer.body.discard(),
      () => new Promise((resolve) => setTimeout(resolve, 3)),
    );
  }
  await expectAllPlaces(upstream);
  await upstream.dispose();
});
