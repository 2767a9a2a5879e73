import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Scope } from '../kernel/scope.ts';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../upstream/upstream.ts';

/** Milliseconds before the deadline that are kept back for answering from the fallback, or a tenth if that is less. */
const KEPT_BACK = 100;

/**
 * Makes a call that gives up shortly before the scope's deadline, as if the service had timed out: at the deadline
 * itself the guard answers 504, and then it is too late for any fallback. The answer's body may take its time.
 */
export async function callInTime(
  upstream: Upstream,
  request: UpstreamRequest,
  scope: Scope,
  clock: Clock,
): Promise<UpstreamResponse> {
  const left = scope.deadline - clock.now();
  if (!Number.isFinite(left)) return upstream.call(request, scope);
  const ending = new AbortController();
  const timer = clock.after(left - Math.min(KEPT_BACK, left / 10), () => {
    const { name } = upstream;
    ending.abort(
      new GatewayError('UPSTREAM_TIMEOUT', `The service ${name} did not answer in time`, { service: name }),
    );
  });
  try {
    return await upstream.call(request, { ...scope, signal: AbortSignal.any([scope.signal, ending.signal]) });
  } finally {
    timer.cancel();
  }
}
