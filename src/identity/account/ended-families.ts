import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../storage/database.ts';
import type { RedisLink } from '../../storage/redis-link.ts';
import { reasonOf } from '../../storage/storage-unavailable.ts';
import { atMost } from './at-most.ts';

/** A login whose tokens are good no more. */
export interface EndedFamily {
  readonly id: string;
  /** Milliseconds since 1970 after which its access tokens have ended by themselves. */
  readonly until: number;
}

/**
 * Which logins have ended before their access tokens have. With Redis every process knows at once, else within a second:
 * that often each one that verifies tokens asks the database what is new. If neither can be asked, what is known
 * holds, and new ends can't be made either: verifying goes on.
 */
export interface EndedFamilies {
  /** Tells everybody. The rows of the database say so already. */
  add(ended: readonly EndedFamily[]): Promise<void>;
  has(familyId: string): boolean | Promise<boolean>;
}

export interface EndedFamiliesOptions {
  readonly database: Database;
  readonly redis: RedisLink | undefined;
  readonly clock: Clock;
  readonly logger: {
    warn(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
}

/** Milliseconds for which what the database said is taken for the present. */
const FRESH = 1000;
/** Milliseconds that a request waits for the database at the most. */
const PATIENCE = 500;
/** Milliseconds by which what is asked for overlaps: clocks differ, and a transaction takes its time. */
const OVERLAP = 60_000;
/** Milliseconds between looks for what can be forgotten. */
const SWEEP = 60_000;

const keyOf = (familyId: string) => `portico:ended-family:${familyId}`;

export function createEndedFamilies({ database, redis, clock, logger }: EndedFamiliesOptions): EndedFamilies {
  const ended = new Map<string, number>();
  /** Milliseconds of `Clock.now`: of the last try, good or bad, and of the last sweep. */
  let triedAt = Number.NEGATIVE_INFINITY;
  let sweptAt = clock.now();
  /** Milliseconds since 1970 up to which all is known. */
  let knownUpTo = 0;
  let pending: Promise<void> | undefined;
  let pendingSince = 0;
  let told = false;

  async function load(): Promise<void> {
    const wall = clock.wall();
    const rows = await database.db
      .selectFrom('portico_refresh_family')
      .select(['id', 'access_until'])
      .where('ended_at', '>', Math.max(0, knownUpTo - OVERLAP))
      .where('access_until', '>', wall)
      .execute();
    for (const { id, access_until } of rows) ended.set(id, access_until);
    knownUpTo = wall;
  }

  function forget(): void {
    if (clock.now() - sweptAt < SWEEP) return;
    sweptAt = clock.now();
    for (const [id, until] of ended) if (until <= clock.wall()) ended.delete(id);
  }

  /** Never rejects. */
  function renew(): Promise<void> {
    triedAt = clock.now();
    forget();
    if (pending) return pending;
    pendingSince = clock.now();
    pending = load()
      .then(
        () => {
          if (told) logger.info({}, 'logins ended elsewhere are known again');
          told = false;
        },
        (error: unknown) => {
          const message =
            'logins ended elsewhere are not known: the database is away; access tokens are taken until they end';
          if (!told) logger.warn({ reason: reasonOf(error) }, message);
          told = true;
        },
      )
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  async function isKnownToRedis(link: RedisLink, familyId: string): Promise<boolean> {
    try {
      return (await link.run((client) => client.exists(keyOf(familyId)))) === 1;
    } catch {
      return false;
    }
  }

  async function ask(familyId: string, renewed: Promise<void> | undefined): Promise<boolean> {
    const shared = redis?.isUp ? isKnownToRedis(redis, familyId) : false;
    if (renewed !== undefined) await atMost(PATIENCE - (clock.now() - pendingSince), renewed, clock);
    return ended.has(familyId) || shared;
  }

  return {
    async add(families) {
      const now = clock.wall();
      for (const { id, until } of families) ended.set(id, until);
      if (!redis?.isUp) return;
      const news = families.map(({ id, until }) =>
        redis.run((client) => client.set(keyOf(id), '1', 'PX', Math.max(1, until - now))),
      );
      // Who does not hear it from Redis hears it from the database, a second later.
      await Promise.allSettled(news);
    },
    has(familyId) {
      if (ended.has(familyId)) return true;
      const renewed = clock.now() - triedAt >= FRESH ? renew() : pending;
      if (renewed === undefined && !redis?.isUp) return false;
      return ask(familyId, renewed);
    },
  };
}
