import { describe, expect, it } from 'vitest';
import { createHealthReport, type Health } from '../../src/admin/health-report.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { FakeClock } from '../support/fake-clock.ts';

interface Known {
  readonly ok: boolean;
  readonly status?: Health;
  readonly targets?: number;
}

/** An upstream of which only health is asked; it counts how often. */
function upstream(name: string, known: Known): Upstream & { probes: number } {
  const { ok, status = 'healthy', targets = 1 } = known;
  const unused = () => {
    throw new Error('not asked for');
  };
  return {
    name,
    probes: 0,
    call: unused,
    dispose: unused,
    status: () => ({
      status,
      breaker: 'closed',
      inFlight: 0,
      targets: Array.from({ length: targets }, () => ({ url: '', healthy: true, inFlight: 0 })),
    }),
    async probe() {
      this.probes += 1;
      return { ok, url: `http://${name}.test`, seconds: 0.0123456789 };
    },
  };
}

const NO_STORES: Parameters<typeof createHealthReport>[2] = { redis: undefined, database: undefined };

function reportOn(
  known: Readonly<Record<string, Known>>,
  { clock = new FakeClock(), stores = NO_STORES } = {},
) {
  const upstreams = new Map(Object.entries(known).map(([name, one]) => [name, upstream(name, one)]));
  return {
    report: createHealthReport(upstreams, clock, stores),
    upstreams,
    clock,
  };
}

describe('createHealthReport', () => {
  it.each<[redis: boolean | undefined, database: boolean | undefined, ok: boolean, expected: object]>([
    [undefined, undefined, true, { status: 'healthy' }],
    [true, true, true, { status: 'healthy', redis: 'healthy', database: 'healthy' }],
    [false, true, true, { status: 'degraded', redis: 'unhealthy', database: 'healthy' }],
    [undefined, false, true, { status: 'degraded', database: 'unhealthy' }],
    [true, undefined, false, { status: 'unhealthy', redis: 'healthy' }],
    [false, false, false, { status: 'unhealthy', redis: 'unhealthy', database: 'unhealthy' }],
  ])('with Redis up: %s, a database up: %s, a service up: %s', async (redis, database, ok, expected) => {
    const store = (isUp: boolean | undefined) => (isUp === undefined ? undefined : { isUp });
    const stores = { redis: store(redis), database: store(database) };
    const { gateway, timestamp, services, ...rest } = await reportOn({ a: { ok } }, { stores }).report();
    expect(rest).toEqual(expected);
  });

  it('shows every service with where it is and how long it took', async () => {
    const { report } = reportOn({ users: { ok: true } });
    expect(await report()).toEqual({
      status: 'healthy',
      gateway: 'running',
      timestamp: '2026-01-01T00:00:00.000Z',
      services: { users: { status: 'healthy', url: 'http://users.test', response_time: 0.012346 } },
    });
  });

  it.each<[known: Readonly<Record<string, Known>>, overall: Health, services: Health[]]>([
    [{}, 'healthy', []],
    [{ a: { ok: true }, b: { ok: false } }, 'degraded', ['healthy', 'unhealthy']],
    [{ a: { ok: false }, b: { ok: false } }, 'unhealthy', ['unhealthy', 'unhealthy']],
    [{ a: { ok: false } }, 'unhealthy', ['unhealthy']],
    [{ a: { ok: true, status: 'degraded' } }, 'degraded', ['degraded']],
    [{ a: { ok: true, status: 'unhealthy' } }, 'degraded', ['degraded']],
    [{ a: { ok: false, targets: 2 } }, 'degraded', ['degraded']],
    [{ a: { ok: false, targets: 2, status: 'unhealthy' } }, 'unhealthy', ['unhealthy']],
  ])('%j is %s', async (known, overall, services) => {
    const found = await reportOn(known).report();
    expect(found.status).toBe(overall);
    expect(Object.values(found.services).map(({ status }) => status)).toEqual(services);
  });

  it('asks the services once for all who ask within a second', async () => {
    const { report, upstreams, clock } = reportOn({ users: { ok: true } });
    await Promise.all([report(), report(), report()]);
    clock.advance(999);
    await report();
    expect(upstreams.get('users')?.probes).toBe(1);
    clock.advance(1);
    await report();
    expect(upstreams.get('users')?.probes).toBe(2);
  });
});
