import type { ServiceConfig } from '../config/schema/service.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import { compose, type Handler } from '../kernel/handler.ts';
import { createTimeout } from '../policy/timeout.ts';
import { createBalancer } from './balance.ts';
import { type Answer, Call } from './call.ts';
import { createHttpTransport } from './http-transport.ts';
import { compileOutboundHeaders, type IdentityHeaders } from './outbound-headers.ts';
import { createSend } from './send.ts';
import { Target, TargetGroup } from './target.ts';
import type { Upstream, UpstreamObserver } from './upstream.ts';

export interface UpstreamLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface UpstreamOptions {
  readonly clock: Clock;
  /** `auth.forward` of the configuration. */
  readonly forward: IdentityHeaders;
  readonly logger?: UpstreamLogger;
  readonly observer?: UpstreamObserver;
  /** The gateway's name in `Via`; `portico` if not given. */
  readonly via?: string;
  /** Numbers from 0 up to, not including, 1. */
  readonly random?: () => number;
}

/** Builds the one object through which a service is called. Throws if its TLS files can't be read. */
export function createUpstream(name: string, config: ServiceConfig, options: UpstreamOptions): Upstream {
  const { clock, observer, random = Math.random } = options;
  const targets = new TargetGroup(
    config.urls.map(
      (url) =>
        new Target(
          url,
          createHttpTransport({ service: name, url, clock, config, connections: config.connections }),
        ),
    ),
    { service: name, clock, ejection: config.ejection, observer },
  );
  const send = createSend({
    service: name,
    clock,
    targets,
    pick: createBalancer(config.balance, random),
    observer,
  });
  const handle: Handler<Call, Answer> = compose(
    [
      createTimeout<Call, Answer>({
        clock,
        milliseconds: (call) => call.timeout,
        cancel: (call, error) => call.attempt?.cancel(error),
        excused: (call) => call.attempt?.excused() === true,
        expired: (milliseconds) =>
          new GatewayError(
            'UPSTREAM_TIMEOUT',
            `The service ${name} did not answer within ${milliseconds} ms`,
            {
              service: name,
            },
          ),
      }),
    ],
    send,
  );
  const outboundHeaders = compileOutboundHeaders({
    config: config.headers,
    identity: options.forward,
    via: options.via ?? 'portico',
  });
  return {
    name,
    call: (request, scope) =>
      handle(new Call(request, outboundHeaders(request, scope), request.timeout ?? config.timeout), scope),
    status: () => ({
      status: 'healthy',
      breaker: 'closed',
      inFlight: 0,
      targets: targets.all.map((target) => ({
        url: target.url,
        healthy: targets.healthy(target),
        inFlight: target.inFlight,
      })),
    }),
    probe: async () => ({ ok: true, url: config.urls[0] as string, seconds: 0 }),
    dispose: async () => {
      await Promise.all(targets.all.map((target) => target.transport.destroy()));
    },
  };
}
