import { z } from 'zod';
import { authSchema } from './auth.ts';
import { graphqlSchema } from './graphql.ts';
import { limitSchema, routeSchema } from './route.ts';
import { path } from './scalar.ts';
import { serverSchema } from './server.ts';
import { serviceSchema } from './service.ts';
import { telemetrySchema } from './telemetry.ts';

/** A path of the gateway's own; empty switches it off. */
const endpoint = z.union([path, z.literal('')]);

const storage = z.strictObject({
  redis: z
    .string()
    .default('')
    .describe(
      'redis://…, rediss://…, redis-cluster://… or redis-sentinel://…; empty: in this process. Limits, shared cache, revocations, registry news.',
    ),
  database: z
    .string()
    .default('')
    .describe('postgres://…; empty: embedded, under dataDir. Accounts, keys, routes, outbox, audit.'),
  dataDir: z.string().default('.portico'),
});

/** The whole of gateway.yaml. The JSON Schema that editors use is generated from this. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file.'),
  server: serverSchema.prefault({}),
  storage: storage.prefault({}),
  auth: authSchema.prefault({}),
  limits: z
    .record(z.string(), limitSchema)
    .default({})
    .describe('Limits by name; `default` applies to every route and to GraphQL.'),
  services: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: 'expected a name of letters, digits, _ and -' }),
      serviceSchema,
    )
    .describe('Downstream services by name: what `@connect(source:)` and routes refer to.'),
  routes: z.array(routeSchema).default([]).describe('REST routes; the order does not matter.'),
  registry: z
    .strictObject({
      enabled: z.boolean().default(false),
      prefix: path.default('/api'),
      roles: z.array(z.string()).default(['admin']),
    })
    .prefault({}),
  docs: z
    .strictObject({
      openapi: endpoint.default('/openapi.json'),
      swagger: endpoint.default('/docs'),
      redoc: endpoint.default('/redoc'),
    })
    .prefault({}),
  health: z
    .strictObject({
      path: path.default('/health').describe('What is up, service by service.'),
      aliases: z.array(path).default([]).describe('More paths for the same.'),
      live: path.default('/livez').describe('200 as long as the process runs.'),
      ready: path.default('/readyz').describe('503 from the moment that draining begins.'),
    })
    .prefault({}),
  graphql: graphqlSchema.optional().describe('The GraphQL endpoint; `{}` takes every default.'),
  events: z
    .strictObject({
      broker: z.enum(['memory', 'redis', 'kafka', 'zeromq']).default('memory'),
      kafka: z
        .strictObject({ brokers: z.array(z.string()).default([]), clientId: z.string().default('portico') })
        .prefault({}),
      zeromq: z
        .strictObject({ publish: z.string().default(''), subscribe: z.array(z.string()).default([]) })
        .prefault({}),
      outbox: z.boolean().default(true),
    })
    .prefault({}),
  telemetry: telemetrySchema.prefault({}),
  console: z
    .strictObject({
      path: endpoint.default('/console'),
      roles: z.array(z.string()).default(['admin']),
    })
    .prefault({}),
});

/** A validated configuration: every default filled in, durations in milliseconds, sizes in bytes, shares from 0 to 1. */
export type Config = z.output<typeof configSchema>;
