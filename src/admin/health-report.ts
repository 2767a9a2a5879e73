import type { Clock } from '../kernel/clock.ts';
import type { Upstream } from '../upstream/upstream.ts';

export type Health = 'healthy' | 'degraded' | 'unhealthy';

/** What `/health` shows. */
export interface HealthReport {
  /** `unhealthy`: no service can be reached; `degraded`: some can't, or not fully, or Redis or the database can't. */
  readonly status: Health;
  readonly gateway: 'running';
  /** ISO 8601. */
  readonly timestamp: string;
  readonly services: Readonly<Record<string, ServiceHealth>>;
  /** Absent: not configured. */
  readonly redis?: StoreHealth;
  /** Absent: nothing that is configured needs one. */
  readonly database?: StoreHealth;
}

/** Without it the gateway works on, with less. */
export type StoreHealth = Exclude<Health, 'degraded'>;

export interface ServiceHealth {
  readonly status: Health;
  readonly url: string;
  /** Seconds that the health request took. */
  readonly response_time: number;
}

interface Stores {
  readonly redis: { readonly isUp: boolean } | undefined;
  readonly database: { readonly isUp: boolean } | undefined;
}

/** Milliseconds for which one report serves all who ask, so that `/health` can't be used to hammer the services. */
const FRESH = 1000;

/** Builds the function that asks every service now, all at once, or gives the report made a moment ago. */
export function createHealthReport(
  upstreams: ReadonlyMap<string, Upstream>,
  clock: Clock,
  storage: Stores,
): () => Promise<HealthReport> {
  let report: Promise<HealthReport> | undefined;
  let madeAt = Number.NEGATIVE_INFINITY;
  let pending = false;
  return () => {
    if (report !== undefined && (pending || clock.now() - madeAt < FRESH)) return report;
    pending = true;
    report = makeReport(upstreams, clock, storage).finally(() => {
      pending = false;
      madeAt = clock.now();
    });
    return report;
  };
}

async function makeReport(
  upstreams: ReadonlyMap<string, Upstream>,
  clock: Clock,
  storage: Stores,
): Promise<HealthReport> {
  const entries = await Promise.all(
    [...upstreams].map(async ([name, upstream]) => [name, await examine(upstream)] as const),
  );
  const stores = storeHealth(storage);
  return {
    status: withStores(overall(entries.map(([, { status }]) => status)), Object.values(stores)),
    gateway: 'running',
    timestamp: new Date(clock.wall()).toISOString(),
    services: Object.fromEntries(entries),
    ...stores,
  };
}

/** What is known anyway; nobody is asked. */
function storeHealth({ redis, database }: Stores): Pick<HealthReport, 'redis' | 'database'> {
  const judge = (isUp: boolean) => (isUp ? 'healthy' : 'unhealthy');
  return {
    ...(redis && { redis: judge(redis.isUp) }),
    ...(database && { database: judge(database.isUp) }),
  };
}

function withStores(services: Health, stores: readonly StoreHealth[]): Health {
  return services === 'healthy' && stores.includes('unhealthy') ? 'degraded' : services;
}

async function examine(upstream: Upstream): Promise<ServiceHealth> {
  const { ok, url, seconds } = await upstream.probe();
  return {
    status: judge(ok, upstream.status()),
    url,
    response_time: Math.round(seconds * 1e6) / 1e6,
  };
}

/** The answer now and the experience so far together: one good or bad answer does not outweigh all the others. */
function judge(ok: boolean, known: ReturnType<Upstream['status']>): Health {
  if (ok) return known.status === 'healthy' ? 'healthy' : 'degraded';
  const others = known.targets.length > 1 && known.status !== 'unhealthy';
  return others ? 'degraded' : 'unhealthy';
}

function overall(statuses: readonly Health[]): Health {
  if (statuses.every((status) => status === 'healthy')) return 'healthy';
  return statuses.every((status) => status === 'unhealthy') ? 'unhealthy' : 'degraded';
}
