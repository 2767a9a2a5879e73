import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type HttpService, hang, json, startHttpService } from '../support/http-service.ts';
import { failureOf, fetchJson, upstreamTo } from './harness.ts';

const HEALTH = { path: '/healthz', interval: '10s', timeout: '2s', unhealthyAfter: 2, healthyAfter: 2 };

let service: HttpService;
let other: HttpService;
let clock: FakeClock;
let upstream: Upstream;
let news: string[];

function watch(urls: string[]): void {
  upstream = upstreamTo(
    urls,
    { health: HEALTH, retry: { attempts: 0 } },
    {
      clock,
      observer: {
        target: ({ target, healthy, reason }) =>
          news.push(`${target === service.url ? 'one' : 'two'} ${healthy}: ${reason}`),
      },
    },
  );
}

/** Waits until this many probes have been answered or have failed, by the requests that arrived. */
async function probed(which: HttpService, count: number): Promise<void> {
  await which.received(count);
  for (let i = 0; i < 5; i++) await clock.pass(0);
}

beforeEach(async () => {
  service = await startHttpService(json({ from: 'one' }));
  other = await startHttpService(json({ from: 'two' }));
  clock = new FakeClock();
  news = [];
});

afterEach(async () => {
  await upstream.dispose();
  await service.close();
  await other.close();
});

describe('active health', () => {
  it('takes a target out after failed probes, and back after good ones', async () => {
    watch([service.url, other.url]);
    await probed(service, 1);
    await probed(other, 1);
    service.behave(json({}, 500));
    await clock.pass(10_000);
    await probed(service, 2);
    expect(news).toEqual([]);
    await clock.pass(10_000);
    await probed(service, 3);
    expect(news).toEqual(['one false: health probe: answered 500']);
    expect(upstream.status()).toMatchObject({ status: 'degraded' });
    for (let i = 0; i < 4; i++) expect((await fetchJson(upstream)).value).toEqual({ from: 'two' });

    service.behave(json({ from: 'one' }));
    await clock.pass(10_000);
    await probed(service, 4);
    expect(upstream.status()).toMatchObject({ status: 'degraded' });
    await clock.pass(10_000);
    await probed(service, 5);
    expect(upstream.status()).toMatchObject({ status: 'healthy' });
    const from = new Set<unknown>();
    for (let i = 0; i < 4; i++) from.add(JSON.stringify((await fetchJson(upstream)).value));
    expect(from.size).toBe(2);
  });

  it('answers for a service without a healthy target at once, without a call', async () => {
    watch([service.url]);
    await probed(service, 1);
    service.behave(hang);
    for (const count of [2, 3]) {
      await clock.pass(10_000);
      await service.received(count);
      await clock.pass(2000);
    }
    expect(news).toHaveLength(1);
    const error = await failureOf(fetchJson(upstream));
    expect([error.code, error.status, error.service]).toEqual(['UPSTREAM_UNREACHABLE', 503, 'users']);
    expect(upstream.status()).toMatchObject({ status: 'unhealthy' });
    expect(service.requests.every((request) => request.url === '/healthz')).toBe(true);
  });

  it('does not queue behind the calls whose trouble it looks for', async () => {
    service.behave((request, response, seen) =>
      request.url === '/healthz' ? json({})(request, response, seen) : undefined,
    );
    upstream = upstreamTo(
      [service.url],
      { health: HEALTH, connections: 1, retry: { attempts: 0 } },
      { clock, drainTimeout: 0 },
    );
    await probed(service, 1);
    const stuck = failureOf(fetchJson(upstream));
    await service.received(2);
    await clock.pass(10_000);
    await probed(service, 3);
    expect(upstream.status()).toMatchObject({ status: 'healthy' });
    await upstream.dispose();
    expect((await stuck).code).toBe('UPSTREAM_UNREACHABLE');
  });

  it('ends with the upstream', async () => {
    watch([service.url]);
    await probed(service, 1);
    await upstream.dispose();
    await clock.pass(100_000);
    expect(service.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

it('ejects a target that keeps failing calls, and tries it again later', async () => {
  upstream = upstreamTo(
    [service.url, other.url],
    { retry: { attempts: 0 }, ejection: { after: 3, for: '30s' } },
    { clock },
  );
  service.behave(json({}, 500));
  for (let i = 0; i < 6; i++) await fetchJson(upstream);
  expect(service.requests).toHaveLength(3);
  for (let i = 0; i < 6; i++) expect((await fetchJson(upstream)).answer.status).toBe(200);
  expect(service.requests).toHaveLength(3);
  service.behave(json({ from: 'one' }));
  await clock.pass(30_000);
  for (let i = 0; i < 4; i++) await fetchJson(upstream);
  expect(service.requests).toHaveLength(5);
});
