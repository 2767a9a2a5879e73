import { GatewayError } from '../kernel/error.ts';
import type { Answer } from './call.ts';
import type { CallOutcome, UpstreamObserver } from './upstream.ts';

/** What an upstream needs of a logger. */
export interface UpstreamLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The observer, with a log line for what an operator wants to find later: circuits and targets going and coming. */
export function announce(
  service: string,
  observer: UpstreamObserver = {},
  logger?: UpstreamLogger,
): UpstreamObserver {
  return {
    ...(observer.attempt && { attempt: (event) => observer.attempt?.(event) }),
    ...(observer.call && { call: (event) => observer.call?.(event) }),
    breaker(event) {
      if (event.state === 'open') logger?.error({ service }, `circuit of ${service} opened`);
      else logger?.info({ service }, `circuit of ${service} is ${event.state}`);
      observer.breaker?.(event);
    },
    target(event) {
      const { target, healthy, reason } = event;
      const text = `target ${target} of ${service} is ${healthy ? 'back' : 'out'}: ${reason}`;
      if (healthy) logger?.info({ service, target }, text);
      else logger?.warn({ service, target }, text);
      observer.target?.(event);
    },
  };
}

/** What became of a call that was answered. */
export function answerOutcome(answer: Answer): CallOutcome {
  if (answer.source === 'upstream') return answer.status >= 500 ? 'error' : 'ok';
  return answer.source === 'cache' ? 'cached' : answer.source;
}

/** What became of a call that was not. */
export function errorOutcome(error: unknown): CallOutcome {
  if (!(error instanceof GatewayError)) return 'error';
  switch (error.code) {
    case 'UPSTREAM_TIMEOUT':
    case 'DEADLINE_EXCEEDED':
      return 'timeout';
    case 'CIRCUIT_OPEN':
      return 'open';
    case 'UPSTREAM_OVERLOADED':
      return 'shed';
    default:
      return 'error';
  }
}
