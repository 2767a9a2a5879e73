import type { ServiceConfig } from '../config/schema/service.ts';
import { abortError } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { compose, type Handler } from '../kernel/handler.ts';
import { Breaker } from '../policy/breaker.ts';
import { Bulkhead } from '../policy/bulkhead.ts';
import { createBalancer } from './balance.ts';
import { type Answer, Call } from './call.ts';
import { Prober } from './health-probe.ts';
import { createHttpTransport } from './http-transport.ts';
import {
  boundedCalls,
  cachedAnswers,
  circuitBreaker,
  circuitOpen,
  joinedCalls,
  retriedCalls,
  staleAnswers,
  timedCalls,
} from './layers.ts';
import { announce, answerOutcome, errorOutcome, type UpstreamLogger } from './news.ts';
import { compileOutboundHeaders, type IdentityHeaders } from './outbound-headers.ts';
import { createSend } from './send.ts';
import { Target, TargetGroup } from './target.ts';
import type { Upstream, UpstreamObserver, UpstreamStatus } from './upstream.ts';

export interface UpstreamOptions {
  readonly clock: Clock;
  /** `auth.forward` of the configuration. */
  readonly forward: IdentityHeaders;
  /** Headers in which callers send the gateway their keys; a service never sees them. */
  readonly keyHeaders?: readonly string[];
  readonly logger?: UpstreamLogger;
  readonly observer?: UpstreamObserver;
  /** The gateway's name in `Via`; `portico` if not given. */
  readonly via?: string;
  /** Numbers from 0 up to, not including, 1. */
  readonly random?: () => number;
  /** Milliseconds that `dispose` waits for calls in flight; 15 seconds if not given. */
  readonly drainTimeout?: number;
}

interface Parts {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly identity: IdentityHeaders;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: UpstreamObserver;
  readonly targets: TargetGroup;
  readonly breaker: Breaker;
  readonly bulkhead: Bulkhead;
}

/** Everything that a call passes on its way out, the outermost first. */
function composeLayers(parts: Parts): Handler<Call, Answer> {
  const { name, config, identity, clock, random, targets, breaker, bulkhead, observer } = parts;
  const cache = cachedAnswers(name, config, identity, clock);
  return compose<Call, Answer>(
    [
      // Outermost, for an old answer is given only when all below has failed; it is the caller's own, never shared.
      staleAnswers(name, clock),
      // Before joining, too: what is kept costs a look, and not even the text that joining compares.
      cache.lookup,
      // Before all that costs something: callers who join are one call to the layers below.
      config.dedupe ? joinedCalls(name) : undefined,
      // Below joining: an answer is kept once, however many callers wait for it, and whoever of them leaves.
      cache.keep,
      // Outside the breaker: each try counts there, and an open circuit is not tried again.
      config.retry.attempts > 0 ? retriedCalls(config.retry, clock, random) : undefined,
      // Outside the bulkhead: a call that is refused takes nobody's place.
      circuitBreaker(name, breaker),
      // Outside the timeout: waiting for a place is not the service's slowness.
      boundedCalls(name, bulkhead),
      // Innermost: the time of one try, at one target.
      timedCalls(name, clock),
    ],
    // Chooses a target for every try, so that a retry goes elsewhere, and sends the call over its transport.
    createSend({
      service: name,
      clock,
      targets,
      pick: createBalancer(config.balance, random),
      observer,
    }),
  );
}

/**
 * Builds the one object through which a service is called, and begins to watch its targets.
 * Throws if its TLS files can't be read.
 */
export function createUpstream(name: string, config: ServiceConfig, options: UpstreamOptions): Upstream {
  const { clock, random = Math.random, drainTimeout = 15_000 } = options;
  const observer = announce(name, options.observer, options.logger);
  const connect = (url: string, connections: number) =>
    createHttpTransport({ service: name, url, clock, config, connections });
  const targets = new TargetGroup(
    config.urls.map((url) => new Target(url, connect(url, config.connections))),
    { service: name, clock, ejection: config.ejection, observer },
  );
  const bulkhead = new Bulkhead(config.bulkhead);
  const breaker = new Breaker({
    clock,
    ...config.breaker,
    onState(state) {
      observer.breaker?.({ service: name, state });
      // Those who wait for a place would only run into what opened it.
      if (state === 'open') bulkhead.flush(circuitOpen(name, Math.ceil(config.breaker.openFor / 1000)));
    },
  });
  const handle = composeLayers({
    name,
    config,
    identity: options.forward,
    clock,
    random,
    observer,
    targets,
    breaker,
    bulkhead,
  });
  const outboundHeaders = compileOutboundHeaders({
    config: config.headers,
    identity: options.forward,
    keyHeaders: options.keyHeaders ?? [],
    via: options.via ?? 'portico',
  });
  const prober = new Prober({
    service: name,
    clock,
    health: config.health,
    targets,
    connect: (url) => connect(url, 1),
    headers: (scope) =>
      outboundHeaders({ method: 'GET', path: '/', headers: [], body: null, door: 'rest' }, scope),
  });
  prober.start();
  const traffic = new Traffic();
  // The same two for every call: they need to know nothing of it.
  const answered = (answer: Answer) => {
    answer.body.onDone(traffic.end);
    observer.call?.({ service: name, outcome: answerOutcome(answer) });
    return answer;
  };
  const failed = (error: unknown) => {
    traffic.end();
    observer.call?.({ service: name, outcome: errorOutcome(error) });
    throw error;
  };

  return {
    name,
    call(request, scope) {
      const call = new Call(request, outboundHeaders(request, scope), request.timeout ?? config.timeout);
      traffic.begin();
      const answer = scope.signal.aborted ? Promise.reject(abortError(scope.signal)) : handle(call, scope);
      return answer.then(answered, failed);
    },
    status: () => readStatus(targets, breaker, traffic),
    async probe() {
      const target =
        targets.all.find((candidate) => targets.available(candidate)) ?? (targets.all[0] as Target);
      const { ok, seconds } = await prober.ask(target);
      return { ok, url: target.url, seconds };
    },
    async dispose() {
      await traffic.drained(clock, drainTimeout);
      await prober.stop();
      await Promise.all(targets.all.map((target) => target.transport.destroy()));
    },
  };
}

/** Counts the calls that are under way, their bodies included. */
class Traffic {
  inFlight = 0;
  #onIdle: (() => void) | undefined;

  begin(): void {
    this.inFlight++;
  }

  readonly end = (): void => {
    this.inFlight--;
    if (this.inFlight === 0) this.#onIdle?.();
  };

  /** Resolves when nothing is under way, or after so many milliseconds. */
  drained(clock: Clock, milliseconds: number): Promise<void> {
    if (this.inFlight === 0 || milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.after(milliseconds, resolve);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function readStatus(targets: TargetGroup, breaker: Breaker, traffic: Traffic): UpstreamStatus {
  const shown = targets.all.map((target) => ({
    url: target.url,
    healthy: targets.healthy(target),
    inFlight: target.inFlight,
  }));
  const healthy = shown.filter((target) => target.healthy).length;
  const { state } = breaker;
  let status: UpstreamStatus['status'] = 'degraded';
  if (healthy === 0 || state === 'open') status = 'unhealthy';
  else if (healthy === shown.length && state === 'closed') status = 'healthy';
  return { status, breaker: state, inFlight: traffic.inFlight, targets: shown };
}
