import { z } from 'zod';
import { limitSchema, routeSchema } from './route.ts';
import { count, duration, headerName, percent, positive, size } from './scalar.ts';
import { serviceSchema } from './service.ts';

const path = z.string().regex(/^\//, { error: 'expected a path that starts with /' });

export const serverSchema = z.strictObject({
  host: z.string().default('0.0.0.0'),
  port: z.number().int().min(0).max(65_535).default(4000),
  tls: z.strictObject({ cert: z.string().default(''), key: z.string().default('') }).prefault({}),
  workers: z.union([positive, z.literal('auto')]).default(1),
  trustedProxies: z.array(z.string()).default([]),
  allowedHosts: z.array(z.string()).default([]),
  httpsRedirect: z.boolean().default(false),
  bodyLimit: size.prefault('1mb'),
  headerLimit: size.prefault('16kb'),
  requestTimeout: duration.prefault('60s'),
  drain: z.strictObject({ delay: duration.prefault('0s'), timeout: duration.prefault('15s') }).prefault({}),
  errors: z
    .strictObject({
      format: z.enum(['problem', 'detail', 'error']).default('problem'),
      unreachable: z.union([z.literal(502), z.literal(503)]).default(502),
    })
    .prefault({}),
  securityHeaders: z.boolean().default(true),
  cors: z
    .strictObject({
      origins: z.array(z.string()).default([]),
      credentials: z.boolean().default(false),
      methods: z.array(z.string()).default(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      headers: z.array(z.string()).default([]),
      maxAge: duration.prefault('600s'),
    })
    .prefault({}),
});

const storage = z.strictObject({
  redis: z.string().default(''),
  database: z.string().default(''),
  dataDir: z.string().default('.portico'),
});

const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** One way to verify a bearer token: by exactly one of secret, publicKey and jwksUri. */
export const jwtSchema = z.strictObject({
  secret: z.string().min(1).optional().describe('Shared secret of the HS algorithms.'),
  publicKey: z.string().min(1).optional().describe('PEM text, or the path of a PEM file.'),
  jwksUri: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the keys of an identity provider are.'),
  issuer: z.string().optional(),
  audience: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).optional(),
  clockTolerance: duration.prefault('5s'),
});
export type JwtConfig = z.output<typeof jwtSchema>;

export const authSchema = z.strictObject({
  jwt: z.array(jwtSchema).default([]),
  claims: z
    .strictObject({
      id: z.string().default('sub'),
      name: z.string().default('username'),
      roles: z.string().default('roles'),
      scopes: z.string().default('scope'),
    })
    .prefault({}),
  default: z.enum(['required', 'optional', 'none']).optional(),
  forward: z.record(headerName, z.string()).default({ 'X-User-ID': 'id', 'X-Username': 'name' }),
  apiKeys: z
    .strictObject({ enabled: z.boolean().default(false), header: headerName.default('X-API-Key') })
    .prefault({}),
  serviceKeys: z
    .strictObject({
      header: headerName.default('X-Internal-Service-Key'),
      keys: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  accounts: z
    .strictObject({
      enabled: z.boolean().default(false),
      prefix: path.default('/auth'),
      accessTokenTtl: duration.prefault('30m'),
      refreshTokenTtl: duration.prefault('30d'),
      registration: z.boolean().default(false),
    })
    .prefault({}),
});

const graphql = z.strictObject({
  path: path.default('/graphql'),
  schema: z
    .union([z.array(z.string()), z.string().transform((glob) => [glob])])
    .default(['schema/**/*.graphql']),
  resolvers: z.string().default(''),
  auth: z.enum(['required', 'optional', 'none']).default('optional'),
  graphiql: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  introspection: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  limits: z
    .strictObject({
      depth: count.default(12),
      tokens: count.default(2000),
      aliases: count.default(30),
      rootFields: count.default(20),
      cost: count.default(10_000),
      calls: count.default(0),
    })
    .prefault({}),
  trustedDocuments: z
    .strictObject({ file: z.string().default(''), only: z.boolean().default(false) })
    .prefault({}),
  dedupe: z.boolean().default(true),
  responseCache: z.boolean().default(false),
  subscriptions: z
    .strictObject({ sse: z.boolean().default(true), websocket: z.boolean().default(true) })
    .prefault({}),
  maskErrors: z.boolean().default(true),
});

const telemetry = z.strictObject({
  logs: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
      pretty: z.union([z.literal('auto'), z.boolean()]).default('auto'),
      file: z.string().default(''),
      rotate: z.enum(['daily', 'hourly', 'never']).default('daily'),
      redact: z.array(z.string()).default(['authorization', 'cookie']),
    })
    .prefault({}),
  metrics: z.union([path, z.literal('')]).default('/metrics'),
  tracing: z.strictObject({ otlp: z.string().default(''), sample: percent.prefault('100%') }).prefault({}),
  audit: z.boolean().default(true),
});

/** The whole of gateway.yaml. The JSON Schema that editors use is generated from this. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the JSON Schema of this file.'),
  server: serverSchema.prefault({}),
  storage: storage.prefault({}),
  auth: authSchema.prefault({}),
  limits: z.record(z.string(), limitSchema).default({}),
  services: z.record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: 'expected a name of letters, digits, _ and -' }),
    serviceSchema,
  ),
  routes: z.array(routeSchema).default([]),
  registry: z
    .strictObject({
      enabled: z.boolean().default(false),
      prefix: path.default('/api'),
      roles: z.array(z.string()).default(['admin']),
    })
    .prefault({}),
  docs: z
    .strictObject({
      openapi: z.union([path, z.literal('')]).default('/openapi.json'),
      swagger: z.union([path, z.literal('')]).default('/docs'),
      redoc: z.union([path, z.literal('')]).default('/redoc'),
    })
    .prefault({}),
  health: z
    .strictObject({
      path: path.default('/health'),
      aliases: z.array(path).default([]),
      live: path.default('/livez'),
      ready: path.default('/readyz'),
    })
    .prefault({}),
  graphql: graphql.optional(),
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
  telemetry: telemetry.prefault({}),
  console: z
    .strictObject({
      path: z.union([path, z.literal('')]).default('/console'),
      roles: z.array(z.string()).default(['admin']),
    })
    .prefault({}),
});

/** A validated configuration: every default filled in, durations in milliseconds, sizes in bytes, shares from 0 to 1. */
export type Config = z.output<typeof configSchema>;
export type GraphqlConfig = NonNullable<Config['graphql']>;
