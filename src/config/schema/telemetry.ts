import { z } from 'zod';
import { duration, path, percent } from './scalar.ts';

/** What the gateway tells of its own doing. */
export const telemetrySchema = z.strictObject({
  logs: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
      pretty: z
        .union([z.literal('auto'), z.boolean()])
        .default('auto')
        .describe('For people instead of machines; auto: on a terminal.'),
      file: z.string().default('').describe('Where lines go; empty: standard output.'),
      rotate: z.enum(['daily', 'hourly', 'never']).default('daily').describe('When the file begins anew.'),
      redact: z
        .array(z.string())
        .default(['authorization', 'cookie'])
        .describe('Names whose values are never written.'),
    })
    .prefault({}),
  metrics: z
    .union([path, z.literal('')])
    .default('/metrics')
    .describe('Path of the Prometheus text; empty: none.'),
  tracing: z
    .strictObject({
      otlp: z.string().default('').describe('URL of an OpenTelemetry collector; empty: none.'),
      sample: percent.prefault('100%').describe('Share of requests that are traced.'),
    })
    .prefault({}),
  audit: z.boolean().default(true).describe('Keeps who did what: logins, denials, changes.'),
  auditRetention: duration
    .prefault('365d')
    .describe('How long the database keeps rows of the audit; nothing else removes them.'),
});
