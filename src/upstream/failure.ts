import { type ErrorCode, GatewayError } from '../kernel/error.ts';
import type { Answer } from './call.ts';

/** Codes of calls that came to nothing; a client that has left is none of them. */
const UNANSWERED: ReadonlySet<ErrorCode> = new Set([
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_OVERLOADED',
  'UPSTREAM_STATUS',
  'UPSTREAM_INVALID',
  'CIRCUIT_OPEN',
  'DEADLINE_EXCEEDED',
]);

/** Whether what a call threw is such that a fallback, old or made up, may stand in for its answer. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof GatewayError && UNANSWERED.has(error.code);
}

/**
 * Whether an outcome speaks against the service: no connection, no answer in time, a broken one, or a 5xx. A 4xx does
 * not, nor a client that left, nor a call that the gateway itself turned away.
 */
export function isFailure(outcome: Answer | unknown): boolean {
  if (outcome instanceof GatewayError) {
    switch (outcome.code) {
      case 'UPSTREAM_UNREACHABLE':
        // 503: there was nobody to send it to, which is known already.
        return outcome.status !== 503;
      case 'UPSTREAM_TIMEOUT':
      case 'UPSTREAM_INVALID':
      case 'DEADLINE_EXCEEDED':
        return true;
      default:
        return false;
    }
  }
  return (outcome as Answer).status >= 500;
}
