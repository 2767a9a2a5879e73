import { z } from 'zod';
import { duration, headerName, path } from './scalar.ts';

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
  issuer: z.string().optional().describe('What `iss` must be.'),
  audience: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('What `aud` must name, one of a list.'),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .optional()
    .describe('Those that are taken; without it all that go with the kind of key.'),
  clockTolerance: duration.prefault('5s').describe('By how much clocks may differ.'),
});
export type JwtConfig = z.output<typeof jwtSchema>;

/** How callers prove who they are, and what services get to know of it. */
export const authSchema = z.strictObject({
  jwt: z.array(jwtSchema).default([]).describe('Bearer tokens that are accepted, each by one kind of key.'),
  claims: z
    .strictObject({
      id: z.string().default('sub').describe('Claim with the unique id of the caller.'),
      name: z.string().default('username').describe('Claim with a name to show.'),
      roles: z.string().default('roles').describe('Claim with the roles: a list, or text with spaces.'),
      scopes: z.string().default('scope').describe('Claim with the scopes: a list, or text with spaces.'),
    })
    .prefault({})
    .describe('Which claim says what; dots lead inside: realm_access.roles.'),
  default: z
    .enum(['required', 'optional', 'none'])
    .optional()
    .describe(
      'For routes without `auth`. Without this key: required once any way to prove oneself is configured, else none.',
    ),
  forward: z
    .record(headerName, z.string())
    .default({ 'X-User-ID': 'id', 'X-Username': 'name' })
    .describe(
      "Headers for services → what of the caller: id, name, roles, scopes or a claim. A client's own copies are always removed.",
    ),
  apiKeys: z
    .strictObject({
      enabled: z.boolean().default(false),
      header: headerName.default('X-API-Key').describe('Where callers put their key; it is never passed on.'),
    })
    .prefault({})
    .describe('Keys for programs, made by users at /keys below accounts.prefix, or by `portico keys`.'),
  serviceKeys: z
    .strictObject({
      header: headerName
        .default('X-Internal-Service-Key')
        .describe('Where internal callers put their key; it is never passed on.'),
      keys: z
        .array(z.string().min(1))
        .default([])
        .describe(
          'Any of them is good, so that callers can take over a new one while the old one still works.',
        ),
    })
    .prefault({})
    .describe('Keys of internal callers, for routes with `auth: service`.'),
  accounts: z
    .strictObject({
      enabled: z.boolean().default(false),
      prefix: path.default('/auth'),
      accessTokenTtl: duration.prefault('30m'),
      refreshTokenTtl: duration.prefault('30d'),
      registration: z.boolean().default(false).describe('Whether anybody may register.'),
    })
    .prefault({})
    .describe("The gateway's own accounts: login, refresh, logout."),
});
