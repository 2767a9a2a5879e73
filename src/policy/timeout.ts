import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Layer } from '../kernel/handler.ts';

/** Milliseconds by which a timer may be early: a deadline as near as that has been reached. */
const ROUNDING = 2;

export interface TimeoutOptions<Q> {
  readonly clock: Clock;
  /** Milliseconds that this request may take. */
  milliseconds(request: Q): number;
  /** Ends the request below: its promise must reject with `error`. */
  cancel(request: Q, error: GatewayError): void;
  /** Asked when the time is up: whether it was spent waiting for somebody else, so that it is given once more. */
  excused?(request: Q): boolean;
  /** The error for a request that took too long. */
  expired(milliseconds: number): GatewayError;
  /** The error for one that is under way when the scope's deadline passes; DEADLINE_EXCEEDED if not given. */
  atDeadline?(request: Q): GatewayError;
}

/**
 * Bounds the time to an answer, by the request's own bound and by what is left until the scope's deadline
 * (DEADLINE_EXCEEDED), whichever is nearer. It cancels and does not race: when it throws, nothing goes on below.
 */
export function createTimeout<Q, S>(options: TimeoutOptions<Q>): Layer<Q, S> {
  const { clock } = options;
  return (next) => (request, scope) => {
    const milliseconds = options.milliseconds(request);
    const bound = () => Math.min(milliseconds, scope.deadline - clock.now());
    const onTime = () => {
      if (bound() < ROUNDING) options.cancel(request, options.atDeadline?.(request) ?? deadlineExceeded());
      else if (options.excused?.(request)) timer = clock.after(bound(), onTime);
      else options.cancel(request, options.expired(milliseconds));
    };
    const first = bound();
    if (first <= 0) return Promise.reject(deadlineExceeded());
    let timer = clock.after(first, onTime);
    return next(request, scope).then(
      (answer) => {
        timer.cancel();
        return answer;
      },
      (error) => {
        timer.cancel();
        throw error;
      },
    );
  };
}

/** The whole request has taken longer than its client or the gateway allows. */
export function deadlineExceeded(): GatewayError {
  return new GatewayError('DEADLINE_EXCEEDED', 'The request took too long');
}
