import { z } from 'zod';
import { duration, headerName, json, method, positive } from './scalar.ts';

const mapping = z.string();

/** A limit: so many requests in a window, counted by the first of `by` that the request has. */
export const limitSchema = z.strictObject({
  requests: positive.describe('How many.'),
  window: duration
    .refine((ms) => ms >= 1, { error: 'expected a window of 1ms at least' })
    .describe('In how long, from the first one on.'),
  by: z
    .array(
      z.string().regex(/^(user|key|ip|header:[!#$%&'*+.^_`|~0-9A-Za-z-]+)$/, {
        error: 'expected user, key, ip or header:<Name>',
      }),
    )
    .min(1)
    .default(['user', 'ip'])
    .describe(
      'What is counted by: the first of user, key, ip, header:<Name> that a request has, else its address.',
    ),
  scope: z
    .enum(['shared', 'route'])
    .default('shared')
    .describe('Whether all routes that have this limit count together, or each for itself.'),
  message: z
    .string()
    .optional()
    .describe('What who is over it is told; {limit} and {window} (in seconds) stand for the numbers.'),
});

/** So many requests in so many milliseconds, with every default filled in. */
export type LimitConfig = z.output<typeof limitSchema>;

const event = z.strictObject({
  topic: z.string().min(1),
  type: z.string().min(1),
  key: mapping.optional(),
  data: mapping.optional(),
});
const emit = event.extend({ on: z.enum(['success', 'failure', 'always']).default('success') });

const rewriting = z.strictObject({
  headers: z
    .strictObject({
      set: z.record(headerName, z.string()).default({}),
      remove: z.array(headerName).default([]),
    })
    .prefault({}),
  body: mapping.optional(),
});

/** One REST route: a path, exactly one action, and what holds for it alone. */
export const routeSchema = z.strictObject({
  path: z.string().describe('Literal, with {name} for one segment and a final * for the rest.'),
  methods: z
    .array(method)
    .min(1)
    .optional()
    .describe('Without it: all. Another one on a known path gets 405.'),
  host: z.string().min(1).optional().describe('Answers to this host only.'),
  header: z
    .record(headerName, z.string())
    .optional()
    .describe('With version: selects among routes of one path.'),

  service: z.string().optional().describe('Action: passes the request through to this service.'),
  rewrite: z.string().optional().describe('With service: the path there, such as /v2/*.'),
  operation: z.string().optional().describe('Action: runs a GraphQL operation and answers with its data.'),
  publish: event.optional().describe('Action: puts an event on the bus and answers 202.'),
  respond: z
    .strictObject({
      status: z.number().int().min(200).max(599).default(200),
      headers: z.record(headerName, z.string()).default({}),
      body: json.optional(),
    })
    .optional(),

  auth: z
    .enum(['required', 'optional', 'none', 'service'])
    .optional()
    .describe('service: an internal key. Without it: auth.default.'),
  roles: z.array(z.string()).default([]).describe('Any one of them is enough.'),
  scopes: z.array(z.string()).default([]).describe('Any one of them is enough.'),
  limit: z
    .union([z.string(), limitSchema, z.literal(false)])
    .optional()
    .describe('A name from `limits`, a limit, or false.'),
  schema: z
    .union([z.string(), z.record(z.string(), json)])
    .optional()
    .describe('A JSON Schema of the body: a file, or inline.'),
  request: rewriting.optional(),
  response: rewriting.optional(),
  fallback: z
    .strictObject({
      status: z.number().int().min(200).max(599).default(200),
      body: json.optional(),
      stale: duration.optional().describe('How old the last good answer may be.'),
    })
    .optional(),
  emit: z.union([emit, z.array(emit)]).optional(),
  timeout: duration.optional().describe("Instead of the service's."),
  cache: z.boolean().optional().describe("Instead of the service's."),
  websocket: z.boolean().default(false).describe('Whether upgrades are passed through.'),
  deprecated: z
    .strictObject({
      since: z.iso.date().optional(),
      sunset: z.iso.date().optional(),
      link: z.string().optional(),
    })
    .optional(),
  version: z.string().optional().describe('Shown in docs and metrics.'),
});

export type RouteConfig = z.output<typeof routeSchema>;
