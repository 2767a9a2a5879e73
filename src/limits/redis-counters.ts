import { createHash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { RedisLink } from '../storage/redis-link.ts';
import type { Count, Counters, Quota } from './counters.ts';
import type { MemoryCounters } from './memory-counters.ts';

/** What every key begins with; the whole namespace can be looked at with `redis-cli --scan --pattern 'portico:*'`. */
const PREFIX = 'portico:';

/**
 * One step for Redis, so that nothing comes between looking and counting: KEYS[1] the counter; ARGV points, most points,
 * milliseconds of a window. Gives whether they were taken, how many are taken now, and milliseconds to the window's end.
 * A counter without an end is nobody's, and begins anew.
 */
const SCRIPT = `local points, most, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local left = redis.call('PTTL', KEYS[1])
local used = 0
if left > 0 then used = tonumber(redis.call('GET', KEYS[1])) or 0 end
if used + points > most then
  if left <= 0 then left = window end
  return {0, used, left}
end
if left > 0 then
  redis.call('INCRBY', KEYS[1], ARGV[1])
else
  left = window
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
end
return {1, used + points, left}`;

/** KEYS[1] the counter; ARGV points to give back. One that is over is let be. */
const REFUND = `local used = tonumber(redis.call('GET', KEYS[1])) or 0
if used <= 0 then return 0 end
return redis.call('DECRBY', KEYS[1], math.min(used, tonumber(ARGV[1])))`;

const SHA = createHash('sha1').update(SCRIPT).digest('hex');

export interface RedisCountersOptions {
  readonly redis: RedisLink;
  /** Counts while Redis can't be asked, from where Redis was last known to be. */
  readonly memory: MemoryCounters;
  readonly clock: Clock;
  readonly logger: CountersLogger;
}

export interface CountersLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Counts in Redis, for all processes that share it, and in this process while it is out of reach: nobody is let wait or
 * turned away because of it. The log tells of each change once.
 */
export class RedisCounters implements Counters {
  readonly #redis: RedisLink;
  readonly #memory: MemoryCounters;
  readonly #clock: Clock;
  readonly #logger: CountersLogger;
  #isShared = true;

  constructor({ redis, memory, clock, logger }: RedisCountersOptions) {
    this.#redis = redis;
    this.#memory = memory;
    this.#clock = clock;
    this.#logger = logger;
  }

  consume(key: string, quota: Quota, points: number): Count | Promise<Count> {
    if (this.#redis.isUp) return this.#ask(key, quota, points);
    this.#alone('Redis is out of reach');
    return this.#memory.consume(key, quota, points);
  }

  async #ask(key: string, quota: Quota, points: number): Promise<Count> {
    try {
      const [allowed, used, left] = await this.#take(PREFIX + key, quota, points);
      this.#shared();
      const { requests, window } = quota;
      const resetAt = this.#memory.note(key, used, this.#clock.wall() + left, window);
      return { allowed: allowed === 1, limit: requests, remaining: Math.max(0, requests - used), resetAt };
    } catch (error) {
      this.#alone(error);
      return this.#memory.consume(key, quota, points);
    }
  }

  async refund(key: string, points: number): Promise<void> {
    this.#memory.refund(key, points);
    if (!this.#redis.isUp) return;
    try {
      await this.#redis.run((client) => client.eval(REFUND, 1, PREFIX + key, points));
    } catch (error) {
      this.#alone(error);
    }
  }

  #take(key: string, { requests, window }: Quota, points: number): Promise<[number, number, number]> {
    const args = [key, points, requests, window] as const;
    return this.#redis.run(async (client) => {
      // A Redis that was started anew does not know the script yet.
      const answer = await client.evalsha(SHA, 1, ...args).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
          return client.eval(SCRIPT, 1, ...args);
        throw error;
      });
      return answer as [number, number, number];
    });
  }

  #alone(reason: unknown): void {
    if (!this.#isShared) return;
    this.#isShared = false;
    this.#logger.warn(
      { err: reason },
      'limits are counted in this process alone until Redis can be asked again',
    );
  }

  #shared(): void {
    if (this.#isShared) return;
    this.#isShared = true;
    this.#logger.info({}, 'limits are counted in Redis again');
  }
}
