import type { ServiceConfig } from '../config/schema/service.ts';
import { SignalSource } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Layer } from '../kernel/handler.ts';
import { type Breaker, createBreakerLayer } from '../policy/breaker.ts';
import { type Bulkhead, createBulkheadLayer } from '../policy/bulkhead.ts';
import { Cache } from '../policy/cache.ts';
import type { Entry } from '../policy/cache-entry.ts';
import { MemoryStore } from '../policy/cache-store.ts';
import { createDedupe } from '../policy/dedupe.ts';
import { createRetry } from '../policy/retry.ts';
import { RetryBudget } from '../policy/retry-budget.ts';
import { createStale } from '../policy/stale.ts';
import { createTimeout, deadlineExceeded } from '../policy/timeout.ts';
import {
  bareAnswer,
  CACHE_CAPACITY,
  cacheUse,
  identityNames,
  isIndividual,
  LARGEST_CACHED,
  markCached,
  noteKept,
  recordAnswer,
  renewalOf,
  reviveCached,
  suitsCall,
} from './cached-answer.ts';
import { type Answer, type Call, isStream } from './call.ts';
import { isFailure, isUnanswered } from './failure.ts';
import type { KeptContent } from './kept-body.ts';
import type { IdentityHeaders } from './outbound-headers.ts';
import { copyAnswer, joiningKey } from './share-answer.ts';
import { type GoodAnswer, judgeAnswer, reviveAnswer, stalenessKey } from './stale-answer.ts';

// The general policies, each told what a call and its answer are. Their order is in service.ts.

/** The most bytes of old answers that one service keeps. */
const STALE_CAPACITY = 16 * 1024 * 1024;

type CallLayer = Layer<Call, Answer>;

/** The last good answer for a call that fails, if the call asks for that. */
export function staleAnswers(service: string, clock: Clock): CallLayer {
  return createStale<Call, Answer, GoodAnswer>({
    clock,
    capacity: STALE_CAPACITY,
    key: stalenessKey,
    maxAge: (call) => call.stale?.maxAge ?? 0,
    judge: (call, answer, keep) => judgeAnswer(service, call, answer, keep),
    standsInFor: isUnanswered,
    revive: reviveAnswer,
    discard,
  });
}

/** What RFC 9111 lets a shared cache keep and give; for calls whose route or service wants that. */
export function cachedAnswers(
  service: string,
  config: Pick<ServiceConfig, 'cache' | 'headers'>,
  identity: IdentityHeaders,
  clock: Clock,
): Cache<Call, Answer, KeptContent> {
  return new Cache({
    clock,
    store: new MemoryStore<Entry<KeptContent>>(CACHE_CAPACITY),
    identity: identityNames(config.headers, identity),
    individual: isIndividual,
    use: (call) => cacheUse(call, config.cache),
    suits: suitsCall,
    derive: renewalOf,
    // It outlives the client that it is made on behalf of.
    ownScope: (scope) => ({ ...scope, signal: new SignalSource(), deadline: Number.POSITIVE_INFINITY }),
    record: (answer, whole) => recordAnswer(service, answer, whole),
    note: noteKept,
    revive: reviveCached,
    bare: bareAnswer,
    mark: markCached,
    drain: async (answer) => void (await answer.body.bytes(LARGEST_CACHED)),
    discard,
    standsInFor: isUnanswered,
    notCached: () => new GatewayError('NOT_CACHED', 'There is no answer in the cache that would do'),
  });
}

/** One call for identical GETs in flight. */
export function joinedCalls(service: string): CallLayer {
  return createDedupe<Call, Answer>({
    key: joiningKey,
    share: (call, answer) => copyAnswer(service, call, answer),
    hold: occupy,
    drop: (answer, error) => answer.body.abandon(error as GatewayError),
  });
}

/**
 * Another try for a failed one: if nothing of it was sent, whatever the method; or if the method may be repeated, and
 * the body can be sent once more, because it is in memory or nobody has begun to read it.
 */
export function retriedCalls(config: ServiceConfig['retry'], clock: Clock, random: () => number): CallLayer {
  const methods = new Set(config.methods);
  const statuses = new Set(config.statuses);
  return createRetry<Call, Answer>({
    clock,
    random,
    attempts: config.attempts,
    backoff: config.backoff,
    budget: new RetryBudget(config.budget, clock),
    again: (call, error) =>
      error instanceof GatewayError &&
      (error.code === 'UPSTREAM_UNREACHABLE' || error.code === 'UPSTREAM_TIMEOUT') &&
      // With status 503 there was no target to send it to, and there will be none in a moment.
      error.status !== 503 &&
      (!call.sent || methods.has(call.method)) &&
      isUntouched(call.body),
    againAnswer: (call, answer) =>
      statuses.has(answer.status) && methods.has(call.method) && isUntouched(call.body),
    discard,
  });
}

function isUntouched(body: Call['body']): boolean {
  return !isStream(body) || (!body.readableDidRead && !body.destroyed);
}

/** No calls for a while to a service that fails. */
export function circuitBreaker(service: string, breaker: Breaker): CallLayer {
  return createBreakerLayer<Call, Answer>(breaker, {
    judgeAnswer: (answer) => (isFailure(answer) ? 'bad' : 'good'),
    // A deadline that passed in the queue, before there was an attempt, says nothing of the service.
    judgeError: (error, call) => (call.attempt && isFailure(error) ? 'bad' : 'none'),
    refused: (retryAfter) => circuitOpen(service, retryAfter),
  });
}

/** CIRCUIT_OPEN; `retryAfter` in seconds. */
export function circuitOpen(service: string, retryAfter: number): GatewayError {
  return new GatewayError('CIRCUIT_OPEN', `The service ${service} is failing and gets no calls for now`, {
    service,
    retryAfter,
  });
}

/** So many calls at a time, body included. */
export function boundedCalls(service: string, bulkhead: Bulkhead): CallLayer {
  return createBulkheadLayer<Call, Answer>(bulkhead, {
    hold: occupy,
    full: () =>
      new GatewayError('UPSTREAM_OVERLOADED', `The service ${service} has too many calls waiting`, {
        service,
        retryAfter: 1,
      }),
  });
}

/** So much time to an answer's headers. */
export function timedCalls(service: string, clock: Clock): CallLayer {
  return createTimeout<Call, Answer>({
    clock,
    milliseconds: (call) => call.timeout,
    cancel: (call, error) => call.attempt?.cancel(error),
    excused: (call) => call.attempt?.excused() === true,
    expired: (milliseconds) =>
      new GatewayError(
        'UPSTREAM_TIMEOUT',
        `The service ${service} did not answer within ${milliseconds} ms`,
        { service },
      ),
    // A client that is slow to send its request is not the service's fault, and must not open its circuit.
    atDeadline: (call) => (call.attempt?.starved() ? requestTooSlow() : deadlineExceeded()),
  });
}

function requestTooSlow(): GatewayError {
  return new GatewayError('REQUEST_TIMEOUT', 'Request timeout');
}

function occupy(answer: Answer, done: () => void): void {
  answer.body.onDone(done);
}

function discard(answer: Answer): void {
  answer.body.discard();
}
