import { z } from 'zod';
import { duration, headerName, json, method, positive } from './scalar.ts';

const mapping = z.string();

/** A limit: so many requests in a window, counted by the first of `by` that the request has. */
export const limitSchema = z.strictObject({
  requests: positive,
  window: duration,
  by: z
    .array(
      z.string().regex(/^(user|key|ip|header:.+)$/, { error: 'expected user, key, ip or header:<Name>' }),
    )
    .min(1)
    .default(['user', 'ip']),
  scope: z.enum(['shared', 'route']).default('shared'),
  message: z.string().optional(),
});
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
  path: z.string(),
  methods: z.array(method).min(1).optional(),
  host: z.string().min(1).optional(),
  header: z
    .record(headerName, z.string())
    .optional()
    .describe('With version: selects among routes of one path.'),

  service: z.string().optional(),
  rewrite: z.string().optional(),
  operation: z.string().optional(),
  publish: event.optional(),
  respond: z
    .strictObject({
      status: z.number().int().min(200).max(599).default(200),
      headers: z.record(headerName, z.string()).default({}),
      body: json.optional(),
    })
    .optional(),

  auth: z.enum(['required', 'optional', 'none', 'service']).optional(),
  roles: z.array(z.string()).default([]),
  scopes: z.array(z.string()).default([]),
  limit: z.union([z.string(), limitSchema, z.literal(false)]).optional(),
  schema: z.union([z.string(), z.record(z.string(), json)]).optional(),
  request: rewriting.optional(),
  response: rewriting.optional(),
  fallback: z
    .strictObject({
      status: z.number().int().min(200).max(599).default(200),
      body: json.optional(),
      stale: duration.optional(),
    })
    .optional(),
  emit: z.union([emit, z.array(emit)]).optional(),
  timeout: duration.optional(),
  cache: z.boolean().optional(),
  websocket: z.boolean().default(false),
  deprecated: z
    .strictObject({
      since: z.iso.date().optional(),
      sunset: z.iso.date().optional(),
      link: z.string().optional(),
    })
    .optional(),
  version: z.string().optional(),
});

export type RouteConfig = z.output<typeof routeSchema>;
