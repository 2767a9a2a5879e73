import type { ServiceConfig } from '../config/schema/service.ts';
import { withoutHeaders } from '../kernel/headers.ts';
import { newHexId } from '../kernel/id.ts';
import type { Json } from '../kernel/json.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import { isStream } from './call.ts';
import { addNamed, PER_CONNECTION, rememberNames } from './connection-headers.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Header name → what of the caller it carries: `id`, `name`, `roles`, `scopes`, or a claim. */
export type IdentityHeaders = Readonly<Record<string, string>>;

/** Said by the gateway alone. A service that trusts them must never see a client's. */
const GATEWAY: ReadonlySet<string> = new Set([
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'forwarded',
  'x-real-ip',
]);

/** What becomes of a header of some name. */
interface Treatment {
  /** In lower case. */
  readonly name: string;
  /** Goes no further. */
  readonly dropped: boolean;
  /** Goes no further if it comes from the client: it holds a key to the gateway. */
  readonly secret: boolean;
  /** Goes from the client to the service of a GraphQL field. */
  readonly forwarded: boolean;
  /** Whether there is more to be done with it. */
  readonly special: 'connection' | 'via' | 'content-length' | undefined;
}

type Treat = (name: string) => Treatment;

const SPECIAL = ['connection', 'via', 'content-length'] as const;

/**
 * Names that must not go on to a service: hop-by-hop headers, and anything that the gateway says itself (request id,
 * trace, `X-Forwarded-*`, identity headers), in whatever case, and with whatever sign in place of a hyphen: many servers
 * read `x_user_id` as `X-User-Id`. `Via` stays, for it is appended to.
 */
function compileTreatment(
  identity: IdentityHeaders,
  forward: ReadonlySet<string>,
  keyHeaders: readonly string[],
): Treat {
  const own = new Set(Object.keys(identity).map(canonical));
  const keys = new Set(keyHeaders.map(canonical));
  return rememberNames((spelt) => {
    const name = spelt.toLowerCase();
    const canon = canonical(name);
    const dropped =
      PER_CONNECTION.has(name) || GATEWAY.has(canon) || canon.startsWith('x-forwarded-') || own.has(canon);
    const secret = keys.has(canon);
    return {
      name,
      dropped,
      secret,
      forwarded: !dropped && !secret && forward.has(name),
      special: SPECIAL.find((special) => special === name),
    };
  });
}

/** Lower case, and a hyphen for every sign that CGI-like servers can't tell from one. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

export interface OutboundHeaderOptions {
  readonly config: ServiceConfig['headers'];
  readonly identity: IdentityHeaders;
  /** Names of the headers in which callers send the gateway their keys. */
  readonly keyHeaders?: readonly string[];
  /** The gateway's name in `Via`. */
  readonly via: string;
}

/**
 * Builds the final header list of a call: what the door asks for (and, for GraphQL, the client's headers that
 * `headers.forward` lists), without what must not go on and what `Connection` names; then the gateway's own; then
 * `headers.set`. `headers.remove` works on all but the last. `host` and framing are the transport's.
 */
export function compileOutboundHeaders(
  options: OutboundHeaderOptions,
): (request: UpstreamRequest, scope: Scope) => string[] {
  const { config, identity, via, keyHeaders = [] } = options;
  const set = Object.entries(config.set).flat();
  const replaced = lowerCase([...config.remove, ...Object.keys(config.set)]);
  const treat = compileTreatment(identity, lowerCase(config.forward), keyHeaders);
  const forwards = config.forward.length > 0;
  const addIdentity = compileIdentity(identity);
  const viaEntry = `1.1 ${via}`;

  return (request, scope) => {
    const draft = begin(treat, request.body, request.headers, request.door === 'rest');
    const { headers } = draft;
    if (request.door === 'graphql') {
      if (!has(headers, 'accept-encoding')) headers.push('accept-encoding', 'identity');
      if (forwards) addForwarded(treat, draft, scope.headers);
    }
    // RFC 9110, section 7.6.3: each hop adds itself at the end.
    headers.push('via', draft.via + viaEntry);
    addTrace(headers, scope);
    addClient(headers, scope);
    if (scope.principal) addIdentity(headers, scope.principal);
    if (replaced.size === 0) return headers;
    return withoutHeaders(headers, (name) => replaced.has(name)).concat(set);
  };
}

function lowerCase(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}

/** A header list while it is put together. */
interface Draft {
  readonly headers: string[];
  /** What the hops before have said, ready to be gone on with. */
  via: string;
  /** The length of a body in memory is what it is; only for a stream is the client's word needed, once. */
  lengthKnown: boolean;
}

/** `fromClient`: these are the client's headers; a field's calls have none but their own. */
function begin(treat: Treat, body: UpstreamRequest['body'], given: Headers, fromClient: boolean): Draft {
  const draft: Draft = { headers: [], via: '', lengthKnown: !isStream(body) };
  let named: Set<string> | undefined;
  for (let i = 0; i + 1 < given.length; i += 2) {
    const name = given[i] as string;
    const value = given[i + 1] as string;
    const { dropped, secret, special } = treat(name);
    if (!dropped && !(secret && fromClient)) add(draft, name, value, special);
    else if (special === 'connection') named = addNamed(value, named);
  }
  const left = named?.add('connection');
  return left
    ? begin(
        treat,
        body,
        withoutHeaders(given, (name) => left.has(name)),
        fromClient,
      )
    : draft;
}

function add(draft: Draft, name: string, value: string, special: Treatment['special']): void {
  if (special === 'via') {
    draft.via += `${value}, `;
  } else if (special === undefined || !draft.lengthKnown) {
    draft.headers.push(name, value);
    if (special) draft.lengthKnown = true;
  }
}

/** A header that the call sets itself counts for more than the client's of the same name. */
function addForwarded(treat: Treat, draft: Draft, client: Headers): void {
  const { headers } = draft;
  const own = headers.length;
  const ownVia = draft.via !== '';
  for (let i = 0; i + 1 < client.length; i += 2) {
    const { name, forwarded, special } = treat(client[i] as string);
    if (!forwarded || has(headers, name, own) || (ownVia && special === 'via')) continue;
    add(draft, name, client[i + 1] as string, special);
  }
}

function has(headers: readonly string[], name: string, end = headers.length): boolean {
  for (let i = 0; i < end; i += 2) {
    const key = headers[i] as string;
    if (key.length === name.length && key.toLowerCase() === name) return true;
  }
  return false;
}

/** W3C Trace Context and Baggage: the same trace, a fresh span for each call. */
function addTrace(headers: string[], scope: Scope): void {
  const { traceId, flags, state, baggage } = scope.trace;
  headers.push('x-request-id', scope.requestId, 'traceparent', `00-${traceId}-${newHexId(8)}-${flags}`);
  if (state !== '') headers.push('tracestate', state);
  if (baggage !== '') headers.push('baggage', baggage);
}

function addClient(headers: string[], scope: Scope): void {
  const { client } = scope;
  if (!client) return;
  headers.push('x-forwarded-for', client.forwardedFor, 'x-forwarded-proto', client.protocol);
  // An HTTP/1.0 client need not say whom it asked.
  if (client.host !== '') headers.push('x-forwarded-host', client.host);
}

type AddIdentity = (headers: string[], principal: Principal) => void;

function compileIdentity(identity: IdentityHeaders): AddIdentity {
  const entries = Object.entries(identity);
  return (headers, principal) => {
    for (const [name, field] of entries) {
      const value = identityValue(principal, field);
      if (value !== undefined && value !== '') headers.push(name, value);
    }
  };
}

/** What a field of the caller looks like in a header: percent-encoded where a header can't hold it; lists with commas. */
function identityValue(principal: Principal, field: string): string | undefined {
  switch (field) {
    case 'id':
      return encodeValue(principal.id);
    case 'name':
      return principal.name === undefined ? undefined : encodeValue(principal.name);
    case 'roles':
      return encodeList(principal.roles);
    case 'scopes':
      return encodeList(principal.scopes);
    default:
      return claimValue(principal.claims, field);
  }
}

function claimValue(claims: Principal['claims'], field: string): string | undefined {
  const claim = readClaim(claims, field);
  if (claim === undefined || claim === null) return undefined;
  if (Array.isArray(claim)) {
    if (claim.every((item) => typeof item === 'string')) return encodeList(claim);
    return encodeValue(JSON.stringify(claim));
  }
  return encodeValue(typeof claim === 'string' ? claim : JSON.stringify(claim));
}

/** By its whole name first, for names such as `https://example.com/tenant`; then as a path with dots. */
function readClaim(claims: Principal['claims'], field: string): Json | undefined {
  if (Object.hasOwn(claims, field)) return claims[field];
  let value: Json | undefined = claims as Json;
  for (const key of field.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Readonly<Record<string, Json>>)[key];
  }
  return value;
}

function encodeList(values: readonly string[]): string {
  return values.map((value) => encodeValue(value).replaceAll(',', '%2C')).join(',');
}

/**
 * UTF-8 percent-encoding (RFC 3986) of everything but visible ASCII and inner spaces, and of `%` itself: a service
 * gets the exact text back by decoding, and no value can end the header or look like another one.
 */
function encodeValue(value: string): string {
  if (/^[!-$&-~]*$/.test(value)) return value;
  let encoded = '';
  for (const byte of Buffer.from(value.trim(), 'utf8')) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
