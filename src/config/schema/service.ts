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
  protocol: z.enum(['http', 'grpc']).default('http'),
  proto: z.array(z.string()).default([]).describe('With protocol grpc: the .proto files.'),
  balance: z.enum(['round-robin', 'least-connections', 'random-two']).default('round-robin'),
  health: z
    .strictObject({
      path: z.string().default('').describe('Path that each target is asked for; empty: passive only.'),
      interval: duration.prefault('10s'),
      timeout: duration.prefault('2s'),
      unhealthyAfter: positive.default(3),
      healthyAfter: positive.default(1),
    })
    .prefault({}),
  ejection: z
    .strictObject({
      after: count.default(5).describe('Consecutive failures of one target; 0: never.'),
      for: duration.prefault('30s'),
      maxPercent: z.number().min(0).max(100).default(50),
    })
    .prefault({}),
  connectTimeout: duration.prefault('2s'),
  timeout: duration.prefault('30s').describe('Each attempt, to response headers.'),
  idleTimeout: duration.prefault('60s').describe('Between body bytes.'),
  retry: z
    .strictObject({
      attempts: count.default(1).describe('Tries after the first one; 0: none.'),
      methods: z.array(method).default(['GET', 'HEAD', 'OPTIONS']),
      statuses: z.array(z.number().int().min(400).max(599)).default([502, 503, 504]),
      backoff: duration.prefault('25ms'),
      budget: percent.prefault('20%').describe('Retries may add at most this share to the calls.'),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failureRate: percent.prefault('50%'),
      window: duration.prefault('10s'),
      minimum: positive.default(20),
      openFor: duration.prefault('5s'),
    })
    .prefault({}),
  bulkhead: z.strictObject({ concurrent: positive.default(512), queued: count.default(1024) }).prefault({}),
  cache: z.boolean().default(false),
  dedupe: z.boolean().default(true),
  connections: positive.default(128).describe('Per target.'),
  headers: serviceHeadersSchema.prefault({}),
  tls: serviceTlsSchema.prefault({}),
  http2: z.boolean().default(false),
  config: z.record(z.string(), json).default({}).describe('What mappings see as $config.'),
  maxCallsPerOperation: count.default(0).describe('0: no bound.'),
});

export type ServiceConfig = z.output<typeof serviceSchema>;

/** The policy of a source that the configuration does not name. `urls` are its base URLs. */
export function defaultService(urls: readonly string[]): ServiceConfig {
  return serviceSchema.parse({ urls: [...urls] });
}
