import { defaultService, type ServiceConfig, serviceSchema } from '../../src/config/schema/service.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/error.ts';
import type { Scope } from '../../src/kernel/scope.ts';
import { createUpstream, type UpstreamOptions } from '../../src/upstream/service.ts';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../../src/upstream/upstream.ts';

/** A service's configuration out of what gateway.yaml would say, on top of the defaults. */
export function serviceConfig(urls: readonly string[], given: Record<string, unknown> = {}): ServiceConfig {
  return Object.keys(given).length === 0
    ? defaultService(urls)
    : serviceSchema.parse({ urls: [...urls], ...given });
}

/** An upstream on the system's clock, unless `options` say otherwise. */
export function upstreamTo(
  urls: readonly string[],
  given: Record<string, unknown> = {},
  options: Partial<UpstreamOptions> = {},
): Upstream {
  return createUpstream('users', serviceConfig(urls, given), {
    clock: systemClock,
    forward: { 'X-User-ID': 'id', 'X-Username': 'name' },
    drainTimeout: 0,
    ...options,
  });
}

/** A scope, and the way to end it as a client does that leaves. */
export function testScope(given: Partial<Scope> = {}): Scope & { leave(): void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    deadline: Number.POSITIVE_INFINITY,
    requestId: 'request-1',
    trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), flags: '01', state: '', baggage: '' },
    headers: [],
    ...given,
    leave: () => controller.abort(new GatewayError('CLIENT_CLOSED', 'The client went away')),
  };
}

/** A GET through the REST door, unless `given` says otherwise. */
export function testRequest(given: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return { method: 'GET', path: '/users/1', headers: [], body: null, door: 'rest', ...given };
}

/** Makes a call and reads its JSON. */
export async function fetchJson(
  upstream: Upstream,
  given: Partial<UpstreamRequest> = {},
  scope: Scope = testScope(),
): Promise<{ answer: UpstreamResponse; value: unknown }> {
  const answer = await upstream.call(testRequest(given), scope);
  return { answer, value: await answer.body.json(1_000_000) };
}

/** The GatewayError that the promise fails with; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`Expected a failure, got ${JSON.stringify(outcome.value)}`);
  if (!(outcome.error instanceof GatewayError)) throw outcome.error;
  return outcome.error;
}
