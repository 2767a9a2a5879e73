import { buildDefaultLimit } from '../blueprint/policy/build-limit.ts';
import { buildPathPattern } from '../blueprint/route/path-pattern.ts';
import { apiKeysPath } from '../config/account-path.ts';
import type { Config } from '../config/schema/config.ts';
import type { Door, Inbound, RenderError } from '../guard/inbound.ts';
import { LONGEST, TooManyKeysError } from '../identity/api-key/api-key.ts';
import { type ApiKeys, type KeyRequest, MOST_KEYS } from '../identity/api-key/api-keys.ts';
import { describeKey } from '../identity/api-key/describe-key.ts';
import type { Audit } from '../kernel/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Principal } from '../kernel/principal.ts';
import { parseDuration } from '../kernel/quantity.ts';
import type { Scope } from '../kernel/scope.ts';
import { compileBodySchema } from '../rest/body-schema.ts';
import { readJson } from '../rest/json-body.ts';
import { decodeParameters, matchPath } from '../rest/path-template.ts';
import type { TableRow } from '../rest/route-table.ts';
import { sendJson } from '../rest/send-json.ts';

export interface ApiKeyEndpointOptions {
  readonly config: Pick<Config, 'auth' | 'limits'>;
  /** Undefined: the gateway was started without any. */
  readonly keys: ApiKeys | undefined;
  readonly renderError: RenderError;
  readonly audit: Audit;
  readonly clock: Clock;
}

type Parts = ApiKeyEndpointOptions & { readonly keys: ApiKeys };

/** Who has it sees and ends the keys of everybody, and may give keys a limit. */
const ADMIN = 'admin';

/**
 * `GET` and `POST <prefix>/keys`, `DELETE <prefix>/keys/{id}`: for users, by whatever token. A key makes no keys, or
 * whoever finds one could keep what it opens; it neither lists nor ends them. None of them where
 * `auth.apiKeys` is off. They are limited as routes are.
 */
export function createApiKeyEndpoints(options: ApiKeyEndpointOptions): TableRow[] {
  const { config, keys, renderError, audit } = options;
  const { auth } = config;
  if (keys === undefined || !auth.apiKeys.enabled) return [];
  const parts = { ...options, keys };
  const path = apiKeysPath(auth.accounts.prefix);
  const row = (method: string, path: string, door: Door): TableRow => {
    const pattern = buildPathPattern(path);
    if ('fault' in pattern) throw new Error(`auth.accounts.prefix: ${pattern.fault}`);
    const label = `${method} ${path}`;
    const entry = {
      label,
      auth: 'required',
      roles: [],
      scopes: [],
      limit: buildDefaultLimit(config, label),
      door: auditing(door, `route:${label}`, audit),
      renderError,
    } as const;
    return { pattern, methods: [method], entry };
  };
  const one = row('DELETE', `${path}/{id}`, (inbound, scope) => {
    const { id = '' } = decodeParameters(matchPath(one.pattern, inbound.path));
    return endKey(parts, id, inbound, scope);
  });
  return [
    row('GET', path, (inbound, scope) => listKeys(parts, inbound, scope)),
    row('POST', path, (inbound, scope) => makeKey(parts, inbound, scope)),
    one,
  ];
}

/** Puts on record who was refused. */
function auditing(door: Door, object: string, audit: Audit): Door {
  return (inbound, scope, exchange) =>
    door(inbound, scope, exchange).catch((error) => {
      if (error instanceof GatewayError && error.code === 'FORBIDDEN')
        audit({ action: 'access.deny', outcome: 'denied', scope, object, reason: error.message });
      throw error;
    });
}

async function listKeys({ keys }: Parts, { response, method }: Inbound, scope: Scope): Promise<void> {
  const user = userOf(scope);
  const listed = await keys.list(isAdmin(user) ? undefined : user.id);
  response.setHeader('Cache-Control', 'no-store');
  sendJson(response, method, listed.map(describeKey));
}

async function makeKey(parts: Parts, inbound: Inbound, scope: Scope): Promise<void> {
  const { keys, audit, clock } = parts;
  const user = userOf(scope);
  const body = await readJson(inbound, checkNewKey);
  const request = requestOf(body?.value as unknown as NewKey, user, clock);
  const { key, text } = await keys.create(request).catch(refuseMore);
  const shown = describeKey(key);
  audit({
    action: 'api-key.create',
    outcome: 'success',
    scope,
    object: `api-key:${key.id}`,
    after: shown,
  });
  const { response } = inbound;
  response.statusCode = 201;
  response.setHeader('Cache-Control', 'no-store');
  sendJson(response, inbound.method, { key: text, ...shown });
}

async function endKey(
  { keys, audit }: Parts,
  id: string,
  { response }: Inbound,
  scope: Scope,
): Promise<void> {
  const user = userOf(scope);
  const key = await keys.revoke(id, isAdmin(user) ? undefined : user.id);
  if (key === undefined) throw new GatewayError('NOT_FOUND', 'Not found');
  const { name, owner } = key;
  audit({
    action: 'api-key.revoke',
    outcome: 'success',
    scope,
    object: `api-key:${id}`,
    before: { name, owner },
  });
  response.writeHead(204);
  response.end();
}

/** Throws FORBIDDEN for callers that are no users. */
function userOf({ principal }: Scope): Principal {
  const isUser = principal?.via === 'jwt' || principal?.via === 'account';
  if (!isUser) throw new GatewayError('FORBIDDEN', 'Forbidden');
  return principal;
}

function isAdmin({ roles }: Principal): boolean {
  return roles.includes(ADMIN);
}

/** A body of `POST <prefix>/keys` that has been checked. */
interface NewKey {
  readonly name: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly limit?: { readonly requests: number; readonly window: string };
  readonly expires_in?: string;
}

const NAMES = { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true, maxItems: 100 };
const DURATION = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$' };

const checkNewKey = compileBodySchema(
  {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
      roles: NAMES,
      scopes: NAMES,
      limit: {
        type: 'object',
        required: ['requests', 'window'],
        additionalProperties: false,
        properties: { requests: { type: 'integer', minimum: 1, maximum: 1_000_000_000 }, window: DURATION },
      },
      expires_in: DURATION,
    },
  },
  '',
);

/** Throws FORBIDDEN for more than the maker may itself, BAD_REQUEST for durations that are none. */
function requestOf(body: NewKey, user: Principal, clock: Clock): KeyRequest {
  const { name, roles = [], scopes = [], limit } = body;
  const lacking = [
    ...roles.filter((role) => !user.roles.includes(role)).map((role) => `the role ${role}`),
    ...scopes.filter((one) => !user.scopes.includes(one)).map((one) => `the scope ${one}`),
    // It takes the place of the default limit, which holds for whoever makes the key.
    ...(limit !== undefined && !isAdmin(user) ? ['a limit of its own'] : []),
  ];
  if (lacking.length > 0)
    throw new GatewayError('FORBIDDEN', `You may not give a key ${lacking.slice(0, 5).join(', ')}`);
  const lifetime = body.expires_in === undefined ? undefined : readDuration(body.expires_in, '/expires_in');
  return {
    name,
    owner: user.id,
    ownerName: user.name,
    madeVia: user.via,
    roles,
    scopes,
    limit: limit && { requests: limit.requests, windowMs: readDuration(limit.window, '/limit/window') },
    expiresAt: lifetime === undefined ? undefined : clock.wall() + lifetime,
  };
}

function readDuration(text: string, at: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000 && ms <= LONGEST) return Math.round(ms);
  throw new GatewayError('BAD_REQUEST', 'The request body does not fit its schema', {
    problems: [{ at, message: 'must be a duration of at least 1s, such as 30d' }],
  });
}

function refuseMore(error: unknown): never {
  if (!(error instanceof TooManyKeysError)) throw error;
  throw new GatewayError('BAD_USER_INPUT', `You have ${MOST_KEYS} keys; revoke those that you do not use`, {
    status: 409,
  });
}
