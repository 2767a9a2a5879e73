import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import type { RedisTarget } from './redis-url.ts';

export type RedisClient = Redis | Cluster;

type SharedOptions = Omit<CommonRedisOptions, 'replyMapping'>;

/** Milliseconds to make a connection. */
const CONNECT_TIMEOUT = 2000;
/** Milliseconds that a connection may be silent while something is asked of it; it is made anew then. */
const SILENCE = 2000;
/** Milliseconds between tries to reconnect: the first, and the most. */
const BACKOFF = { first: 50, most: 2000 };
/** Redirections before a command on a cluster is given up: what takes longer is over time anyway. */
const REDIRECTIONS = 4;

/** A client that connects by itself, again and again; it queues nothing while it has no connection, and repeats nothing. */
export function createRedisClient(target: RedisTarget): RedisClient {
  const shared: SharedOptions = {
    connectionName: 'portico',
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: SILENCE,
    // A counter that went out just before a connection broke would be counted twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
  };
  const { username, password, tls } = target;
  const access = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  };
  if (target.kind === 'cluster') return createCluster(target, { ...shared, ...access });
  const own = { ...shared, ...access, db: target.db, enableOfflineQueue: false, retryStrategy: backoff };
  if (target.kind === 'single') return new Redis({ ...own, ...target.node });
  return new Redis({
    ...own,
    sentinels: [...target.nodes],
    name: target.master,
    enableTLSForSentinelMode: tls,
    sentinelRetryStrategy: backoff,
    sentinelCommandTimeout: SILENCE,
  });
}

function createCluster(
  { nodes, tls }: Extract<RedisTarget, { kind: 'cluster' }>,
  redisOptions: SharedOptions,
): Cluster {
  return new Cluster([...nodes], {
    redisOptions,
    enableOfflineQueue: false,
    clusterRetryStrategy: backoff,
    maxRedirections: REDIRECTIONS,
    slotsRefreshTimeout: SILENCE,
    // Certificates are for names: an address in its place would never match.
    ...(tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  });
}

function backoff(times: number): number {
  return Math.min(BACKOFF.first * 2 ** Math.min(times - 1, 10), BACKOFF.most);
}
