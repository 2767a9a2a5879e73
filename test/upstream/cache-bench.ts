import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import type { Principal } from '../../src/kernel/principal.ts';
import type { Headers, Scope } from '../../src/kernel/scope.ts';
import type {
  CallOutcome,
  Upstream,
  UpstreamRequest,
  UpstreamResponse,
} from '../../src/upstream/upstream.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Behaviour, type HttpService, json, startHttpService } from '../support/http-service.ts';
import { testRequest, testScope, upstreamTo } from './harness.ts';

/** A service, and upstreams with a cache that call it, on a clock that stands still. */
export interface CacheBench {
  readonly service: HttpService;
  readonly clock: FakeClock;
  /** An upstream with a cache, that fails at once. */
  cached(given?: Record<string, unknown>, observe?: (outcome: CallOutcome) => void): Upstream;
}

/** Sets a new one up for each test of the file, and takes it down. */
export function cacheBench(): CacheBench {
  const upstreams: Upstream[] = [];
  let service: HttpService;
  let clock: FakeClock;
  beforeEach(async () => {
    clock = new FakeClock();
    service = await startHttpService();
  });
  afterEach(async () => {
    await Promise.all(upstreams.splice(0).map((made) => made.dispose()));
    await service.close();
  });
  return {
    get service() {
      return service;
    },
    get clock() {
      return clock;
    },
    cached(given = {}, observe = () => {}) {
      const made = upstreamTo(
        [service.url],
        { cache: true, retry: { attempts: 0 }, ...given },
        { clock, observer: { call: ({ outcome }) => observe(outcome) } },
      );
      upstreams.push(made);
      return made;
    },
  };
}

/** Answers `{"n":1}`, `{"n":2}` …, with these headers. A `date` would speak of another clock. */
export function counting(headers: Record<string, string>, status = 200): Behaviour {
  let n = 0;
  return (request, response, seen) => {
    response.sendDate = false;
    return json({ n: ++n }, status, headers)(request, response, seen);
  };
}

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly source: UpstreamResponse['source'];
  readonly age: number | undefined;
  /** What it says of the cache. */
  readonly says: string | undefined;
  readonly text: string;
}

/** Makes a call and reads the answer. */
export async function get(
  upstream: Upstream,
  given: Partial<UpstreamRequest> = {},
  scope: Partial<Scope> = {},
): Promise<Got> {
  const answer = await upstream.call(testRequest(given), testScope(scope));
  const bytes = await answer.body.bytes(100_000_000);
  const { status, headers, source, age, cacheStatus: says } = answer;
  return { status, headers, source, age, says, text: bytes.toString() };
}

/** A request with this `Cache-Control`. */
export const asking = (control: string): Partial<UpstreamRequest> => ({
  headers: ['Cache-Control', control],
});

/** A scope in which this one calls. */
export const caller = (id: string): { principal: Principal } => ({
  principal: { via: 'jwt', id, name: undefined, roles: [], scopes: [], claims: {} },
});

/** Lets sockets have their turns until the condition holds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await nextTurn();
}
