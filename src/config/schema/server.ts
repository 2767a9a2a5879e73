import { z } from 'zod';
import { duration, headerName, method, positive, size } from './scalar.ts';

/** What the gateway listens on, and what it takes from clients. */
export const serverSchema = z.strictObject({
  host: z.string().default('0.0.0.0').describe('Address to listen on.'),
  port: z.number().int().min(0).max(65_535).default(4000).describe('Port to listen on; 0: any free one.'),
  tls: z
    .strictObject({
      cert: z.string().default('').describe('PEM file of the certificate chain.'),
      key: z.string().default('').describe('PEM file of its private key.'),
    })
    .prefault({})
    .describe('Makes it https with HTTP/2; renewed files are picked up.'),
  workers: z
    .union([positive, z.literal('auto')])
    .default(1)
    .describe('Processes; auto: one per core.'),
  trustedProxies: z
    .array(z.string())
    .default([])
    .describe(
      'Addresses, CIDR ranges, or loopback, linklocal, uniquelocal: whose X-Forwarded-* and Forwarded are believed.',
    ),
  allowedHosts: z
    .array(z.string())
    .default([])
    .describe('Hosts that the gateway answers to; empty: any. Another one gets 421.'),
  httpsRedirect: z.boolean().default(false).describe('308 to https when the (trusted) scheme is http.'),
  bodyLimit: size.prefault('1mb').describe('Largest request body, else 413.'),
  headerLimit: size.prefault('16kb').describe('Largest request head, else 431.'),
  requestTimeout: duration.prefault('60s').describe('408 while reading, 504 while answering.'),
  drain: z
    .strictObject({
      delay: duration.prefault('0s').describe('How long to answer on after saying that one is not ready.'),
      timeout: duration.prefault('15s').describe('How long requests in flight may take to end.'),
    })
    .prefault({}),
  errors: z
    .strictObject({
      format: z
        .enum(['problem', 'detail', 'error'])
        .default('problem')
        .describe('problem: RFC 9457; detail: {"detail": …}; error: {"error": …}.'),
      unreachable: z
        .union([z.literal(502), z.literal(503)])
        .default(502)
        .describe('Status when a service gives no answer.'),
    })
    .prefault({})
    .describe('How errors of REST routes look.'),
  securityHeaders: z.boolean().default(true).describe('Adds the usual protective response headers.'),
  cors: z
    .strictObject({
      origins: z
        .array(z.string())
        .default([])
        .describe(
          'Origins that browsers may call from: https://app.example.com, https://*.example.com for all hosts below, null, or * for any; empty: none, and the gateway leaves CORS to the services.',
        ),
      credentials: z
        .boolean()
        .default(false)
        .describe('Whether cookies may come along; not with *. A token in a header needs no such leave.'),
      methods: z
        .array(z.union([method, z.literal('*')]))
        .default(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        .describe('Methods that are allowed; *: any.'),
      headers: z
        .array(headerName)
        .default([])
        .describe('Request headers that are allowed; empty: those that the page asks for.'),
      expose: z
        .array(headerName)
        .default([])
        .describe(
          'Answer headers that pages may read, beside those of the gateway and those that services name.',
        ),
      maxAge: duration.prefault('600s').describe('How long a browser may remember the answer.'),
    })
    .prefault({}),
});
