import type { ServiceConfig } from '../config/schema/service.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Transport } from './http-transport.ts';
import type { UpstreamObserver } from './upstream.ts';

/** One address of a service: the way to it, how it has been doing, and what is under way. */
export class Target {
  readonly url: string;
  readonly transport: Transport;
  inFlight = 0;
  /** What the active probe last made of it; true if there is none. */
  probedHealthy = true;
  /** Calls that failed in a row. */
  failures = 0;
  /** Moment of `Clock.now` until which no calls go there. */
  ejectedUntil = 0;
  /** Ends one call's stay; kept so that calls need no closure of their own. */
  readonly leave = (): void => {
    this.inFlight--;
  };

  constructor(url: string, transport: Transport) {
    this.url = url;
    this.transport = transport;
  }
}

export interface TargetGroupOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly ejection: ServiceConfig['ejection'];
  readonly observer: UpstreamObserver | undefined;
}

/**
 * The targets of one service, and which of them calls may go to. A target drops out when its active probe says so, or
 * for a while after too many failures in a row (at most `maxPercent` of the targets at a time, rounded down: a
 * single target is left to the breaker).
 */
export class TargetGroup {
  readonly all: readonly Target[];
  readonly #options: TargetGroupOptions;
  readonly #maxEjected: number;

  constructor(all: readonly Target[], options: TargetGroupOptions) {
    this.all = all;
    this.#options = options;
    this.#maxEjected = Math.floor((all.length * options.ejection.maxPercent) / 100);
  }

  /** Whether calls may go there now. */
  available(target: Target): boolean {
    return target.probedHealthy && !this.#ejected(target);
  }

  /** As shown to people: a lone target that keeps failing is not ejected, but not well either. */
  healthy(target: Target): boolean {
    const { after } = this.#options.ejection;
    return this.available(target) && (after === 0 || target.failures < after);
  }

  /** Where a call may go, preferring targets that it has not tried; empty if there is none. */
  candidates(tried: readonly object[] | undefined): readonly Target[] {
    const { all } = this;
    if (tried === undefined && all.every(this.#isAvailable)) return all;
    const open = all.filter(this.#isAvailable);
    if (tried === undefined) return open;
    const fresh = open.filter((target) => !tried.includes(target));
    return fresh.length > 0 ? fresh : open;
  }

  /** A call to this target has come out well. */
  succeeded(target: Target): void {
    target.failures = 0;
  }

  /** A call to this target has failed: no answer, too late, or a 5xx. */
  failed(target: Target): void {
    const { ejection, clock } = this.#options;
    target.failures++;
    if (ejection.after === 0 || target.failures < ejection.after || this.#ejected(target)) return;
    const ejected = this.all.filter((other) => this.#ejected(other)).length;
    if (ejected >= this.#maxEjected) return;
    target.ejectedUntil = clock.now() + ejection.for;
    target.failures = 0;
    this.#tell(target, false, `ejected after ${ejection.after} failures in a row`);
    clock.after(ejection.for, () => {
      if (this.available(target)) this.#tell(target, true, 'back after ejection');
    });
  }

  /** The active probe has changed its mind. */
  probed(target: Target, healthy: boolean, reason: string): void {
    if (target.probedHealthy === healthy) return;
    target.probedHealthy = healthy;
    if (healthy) {
      target.failures = 0;
      target.ejectedUntil = 0;
    }
    this.#tell(target, healthy, reason);
  }

  readonly #isAvailable = (target: Target): boolean => this.available(target);

  #ejected(target: Target): boolean {
    return target.ejectedUntil !== 0 && target.ejectedUntil > this.#options.clock.now();
  }

  #tell(target: Target, healthy: boolean, reason: string): void {
    const { observer, service } = this.#options;
    observer?.target?.({ service, target: target.url, healthy, reason });
  }
}
