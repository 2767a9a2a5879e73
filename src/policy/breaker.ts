import type { Clock } from '../kernel/clock.ts';
import type { Layer } from '../kernel/handler.ts';
import { SlidingWindow } from './sliding-window.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';
/** What a call says of the service: it works, it does not, or nothing (the client left, the gateway was full). */
export type Verdict = 'good' | 'bad' | 'none';
/** Given by `enter`, handed back with `leave`. */
export type Permit = number;

export interface BreakerOptions {
  readonly clock: Clock;
  /** Share of failed calls, 0 to 1, that opens it. */
  readonly failureRate: number;
  /** Milliseconds over which calls are counted. */
  readonly window: number;
  /** Calls in the window, below which it stays closed whatever they say. */
  readonly minimum: number;
  /** Milliseconds that it stays open before one call may try. */
  readonly openFor: number;
  /** Told of each change. */
  onState?(state: BreakerState): void;
}

/**
 * A circuit breaker as a bare state machine. Closed, it counts; open, it lets nothing through; after `openFor` it is
 * half open: one call goes through, and its outcome closes or opens it. A permit from before the last change counts
 * for nothing, so that slow calls of bad times can't open a circuit that has just recovered.
 *
 * Own code in place of cockatiel's: that one reads `Date.now`, so no test can drive it; keeps counts of long past
 * windows alive while there is little traffic; lets calls wait for the probe instead of failing them at once; and a
 * minimum of calls can't be said to it, only calls per second.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #window: SlidingWindow;
  #state: BreakerState = 'closed';
  #generation: Permit = 0;
  #openUntil = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#window = new SlidingWindow(options.clock, options.window);
  }

  /** As people see it: an open circuit whose time is over is half open, for the next call will try. */
  get state(): BreakerState {
    if (this.#state === 'open' && this.#options.clock.now() >= this.#openUntil) return 'half-open';
    return this.#state;
  }

  /** Milliseconds until a call may get through again; 0 if one may now, or as soon as the probe is back. */
  get remaining(): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntil - this.#options.clock.now()) : 0;
  }

  /** A permit if the call may go, undefined if not. Every permit must come back to `leave`. */
  enter(): Permit | undefined {
    if (this.#state === 'closed') return this.#generation;
    if (this.#state === 'half-open' || this.#options.clock.now() < this.#openUntil) return undefined;
    this.#change('half-open');
    return this.#generation;
  }

  leave(permit: Permit, verdict: Verdict): void {
    if (permit !== this.#generation) return;
    if (this.#state === 'half-open') this.#judgeProbe(verdict);
    else if (verdict === 'good') this.#window.addGood();
    else if (verdict === 'bad') this.#countFailure();
  }

  #judgeProbe(verdict: Verdict): void {
    if (verdict === 'good') {
      this.#window.clear();
      this.#change('closed');
    } else {
      // A probe that says nothing leaves the place to the next call at once.
      this.#open(verdict === 'bad' ? this.#options.openFor : 0);
    }
  }

  #countFailure(): void {
    const { minimum, failureRate, openFor } = this.#options;
    this.#window.addBad();
    const { bad, good } = this.#window;
    if (bad + good >= minimum && bad >= failureRate * (bad + good)) this.#open(openFor);
  }

  #open(milliseconds: number): void {
    this.#openUntil = this.#options.clock.now() + milliseconds;
    this.#change('open');
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#generation++;
    this.#options.onState?.(state);
  }
}

export interface BreakerLayerOptions<Q, S> {
  judgeAnswer(answer: S): Verdict;
  judgeError(error: unknown, request: Q): Verdict;
  /** The error for a call that is not let through; seconds until it makes sense to try again, at least 1. */
  refused(retryAfter: number): Error;
}

/** Lets calls through while the breaker says so, and tells it how they came out. */
export function createBreakerLayer<Q, S>(breaker: Breaker, options: BreakerLayerOptions<Q, S>): Layer<Q, S> {
  return (next) => (request, scope) => {
    const permit = breaker.enter();
    if (permit === undefined)
      return Promise.reject(options.refused(Math.max(1, Math.ceil(breaker.remaining / 1000))));
    return next(request, scope).then(
      (answer) => {
        breaker.leave(permit, options.judgeAnswer(answer));
        return answer;
      },
      (error) => {
        breaker.leave(permit, options.judgeError(error, request));
        throw error;
      },
    );
  };
}
