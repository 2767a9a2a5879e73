import type { Clock } from '../kernel/clock.ts';
import type { RedisLink } from '../storage/redis-link.ts';
import type { Counters } from './counters.ts';
import { MemoryCounters } from './memory-counters.ts';
import { type CountersLogger, RedisCounters } from './redis-counters.ts';

export interface CountersOptions {
  /** Undefined: none is configured, and each process counts for itself. */
  readonly redis: RedisLink | undefined;
  readonly clock: Clock;
  readonly logger: CountersLogger;
}

/** The counters of a gateway, for everything that it limits. They outlive reloads: what still fits goes on. */
export function createCounters({ redis, clock, logger }: CountersOptions): Counters {
  const memory = new MemoryCounters(clock);
  return redis === undefined ? memory : new RedisCounters({ redis, memory, clock, logger });
}
