import { z } from 'zod';
import { count, duration, headerName, httpUrl, json, method, percent, positive } from './scalar.ts';

/** What is done with the headers of calls to a service. */
export const serviceHeadersSchema = z.strictObject({
  set: z.record(headerName, z.string()).default({}).describe('Set on every call.'),
  forward: z
    .array(headerName)
    .default(['accept-language'])
    .describe('Headers of the client that GraphQL calls pass on.'),
  remove: z.array(headerName).default([]).describe('Taken off every call.'),
});

/** For https targets: whom to trust, and the certificate to show. */
export const serviceTlsSchema = z.strictObject({
  ca: z.string().default('').describe('PEM file of the authorities to trust; empty: those of the system.'),
  cert: z.string().default('').describe('PEM file of the client certificate, for mutual TLS.'),
  key: z.string().default('').describe('PEM file of its private key.'),
  verify: z.boolean().default(true).describe('false: any certificate will do; for development only.'),
});

/** One downstream service: where it is, and under which policies it is called. */
export const serviceSchema = z.strictObject({
  urls: z.array(httpUrl).min(1).describe('Base URL of each target.'),
  protocol: z.enum(['http', 'grpc']).default('http').describe('grpc needs `proto`.'),
  proto: z.array(z.string()).default([]).describe('With protocol grpc: the .proto files.'),
  balance: z
    .enum(['round-robin', 'least-connections', 'random-two'])
    .default('round-robin')
    .describe('Which of several targets gets the next call.'),
  health: z
    .strictObject({
      path: z.string().default('').describe('Path that each target is asked for; empty: passive only.'),
      interval: duration.prefault('10s').describe('How often.'),
      timeout: duration.prefault('2s'),
      unhealthyAfter: positive.default(3).describe('Failed checks in a row that take a target out.'),
      healthyAfter: positive.default(1).describe('Good checks in a row that take it back.'),
    })
    .prefault({}),
  ejection: z
    .strictObject({
      after: count.default(5).describe('Consecutive failures of one target; 0: never.'),
      for: duration.prefault('30s').describe('How long it is left alone.'),
      maxPercent: z.number().min(0).max(100).default(50).describe('Never more of the targets than this.'),
    })
    .prefault({}),
  connectTimeout: duration.prefault('2s').describe('To an open connection.'),
  timeout: duration.prefault('30s').describe('Each attempt, to response headers.'),
  idleTimeout: duration.prefault('60s').describe('Between body bytes.'),
  retry: z
    .strictObject({
      attempts: count.default(1).describe('Tries after the first one; 0: none.'),
      methods: z.array(method).default(['GET', 'HEAD', 'OPTIONS']),
      statuses: z.array(z.number().int().min(400).max(599)).default([502, 503, 504]),
      backoff: duration.prefault('25ms').describe('Before the first retry; grows from there.'),
      budget: percent.prefault('20%').describe('Retries may add at most this share to the calls.'),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failureRate: percent.prefault('50%').describe('Share of failed calls that opens it.'),
      window: duration.prefault('10s').describe('Over which calls are counted.'),
      minimum: positive.default(20).describe('Calls in the window below which it never opens.'),
      openFor: duration.prefault('5s').describe('Then one call probes.'),
    })
    .prefault({}),
  bulkhead: z
    .strictObject({
      concurrent: positive.default(512).describe('Calls at one time.'),
      queued: count.default(1024).describe('Calls that may wait; more are refused at once.'),
    })
    .prefault({}),
  cache: z.boolean().default(false).describe('Keep responses as RFC 9111 allows a shared cache to.'),
  dedupe: z.boolean().default(true).describe('Join identical in-flight GETs.'),
  connections: positive.default(128).describe('Per target.'),
  headers: serviceHeadersSchema.prefault({}),
  tls: serviceTlsSchema.prefault({}),
  http2: z.boolean().default(false).describe('HTTP/2 to the targets.'),
  config: z.record(z.string(), json).default({}).describe('What mappings see as $config.'),
  maxCallsPerOperation: count.default(0).describe('0: no bound.'),
});

export type ServiceConfig = z.output<typeof serviceSchema>;

/** The policy of a source that the configuration does not name. `urls` are its base URLs. */
export function defaultService(urls: readonly string[]): ServiceConfig {
  return serviceSchema.parse({ urls: [...urls] });
}
