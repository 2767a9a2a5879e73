import type { ServiceConfig } from '../config/schema/service.ts';
import { newHexId } from '../kernel/id.ts';
import type { Json } from '../kernel/json.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import { isStream } from './call.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Header name → what of the caller it carries: `id`, `name`, `roles`, `scopes`, or a claim. */
export type IdentityHeaders = Readonly<Record<string, string>>;

/** Belong to one connection (RFC 9110, section 7.6.1), or are made anew for each. */
const PER_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'host',
]);

/** Said by the gateway alone. A service that trusts them must never see a client's. */
const GATEWAY: ReadonlySet<string> = new Set([
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'forwarded',
  'x-real-ip',
]);

/** Names seen, to what is done with them: a gateway meets the same few hundred again and again. */
const REMEMBERED_NAMES = 1024;

/**
 * A client's header list → the list that may go on to a service: without hop-by-hop headers and those that
 * `Connection` names, and without anything that the gateway says itself (request id, trace, `X-Forwarded-*`,
 * identity headers), in whatever case, and with whatever sign in place of a hyphen: many servers read `x_user_id`
 * as `X-User-Id`. `Via` stays, for it is appended to.
 */
export function compileStrip(identity: IdentityHeaders): (headers: Headers) => string[] {
  const drops = compileNameTest(identity);
  return (headers) => {
    const kept: string[] = [];
    let named: Set<string> | undefined;
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] as string;
      const value = headers[i + 1] as string;
      if (!drops(name)) kept.push(name, value);
      else if (name.length === 10 && name.toLowerCase() === 'connection')
        named = addTokens(value, named ?? new Set());
    }
    return named && kept.length > 0 ? withoutNamed(kept, named) : kept;
  };
}

/** An answer's headers without those of the connection that it came over. */
export function stripResponseHeaders(headers: string[]): string[] {
  let named: Set<string> | undefined;
  let dropped = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (!PER_CONNECTION.has(name)) continue;
    dropped = true;
    if (name === 'connection') named = addTokens(headers[i + 1] as string, named ?? new Set(PER_CONNECTION));
  }
  return dropped ? withoutNamed(headers, named ?? PER_CONNECTION) : headers;
}

function addTokens(value: string, into: Set<string>): Set<string> {
  for (const token of value.split(',')) into.add(token.trim().toLowerCase());
  return into;
}

function withoutNamed(headers: readonly string[], named: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!named.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

/** Lower case, and a hyphen for every sign that CGI-like servers can't tell from one. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

function compileNameTest(identity: IdentityHeaders): (name: string) => boolean {
  const own = new Set(Object.keys(identity).map(canonical));
  const seen = new Map<string, boolean>();
  return (name) => {
    const known = seen.get(name);
    if (known !== undefined) return known;
    const canon = canonical(name);
    const drop =
      PER_CONNECTION.has(name.toLowerCase()) ||
      GATEWAY.has(canon) ||
      canon.startsWith('x-forwarded-') ||
      own.has(canon);
    if (seen.size < REMEMBERED_NAMES) seen.set(name, drop);
    return drop;
  };
}

export interface OutboundHeaderOptions {
  readonly config: ServiceConfig['headers'];
  readonly identity: IdentityHeaders;
  /** The gateway's name in `Via`. */
  readonly via: string;
}

/**
 * Builds the final header list of a call: what the door asks for (and, for GraphQL, the client's headers that
 * `headers.forward` lists), stripped; then the gateway's own; then `headers.set`. `headers.remove` works on all but
 * the last. `host` and framing are the transport's.
 */
export function compileOutboundHeaders(
  options: OutboundHeaderOptions,
): (request: UpstreamRequest, scope: Scope) => string[] {
  const { config, identity, via } = options;
  const strip = compileStrip(identity);
  const nameTest = compileNameTest(identity);
  const forward = new Set(config.forward.map((name) => name.toLowerCase()).filter((name) => !nameTest(name)));
  const addIdentity = compileIdentity(identity);
  const set = Object.entries(config.set).flat();
  const replaced = new Set([...config.remove, ...Object.keys(config.set)].map((name) => name.toLowerCase()));
  const viaEntry = `1.1 ${via}`;

  return (request, scope) => {
    const headers = strip(request.headers);
    if (request.door === 'graphql') addForwarded(headers, scope.headers, forward);
    frameBody(headers, request.body);
    addVia(headers, viaEntry);
    addTrace(headers, scope);
    addClient(headers, scope);
    if (scope.principal) addIdentity(headers, scope.principal);
    if (replaced.size === 0) return headers;
    const final = withoutNamed(headers, replaced);
    for (let i = 0; i < set.length; i++) final.push(set[i] as string);
    return final;
  };
}

/** A header that the call sets itself counts for more than the client's of the same name. */
function addForwarded(headers: string[], client: Headers, forward: ReadonlySet<string>): void {
  if (!has(headers, 'accept-encoding')) headers.push('accept-encoding', 'identity');
  if (forward.size === 0) return;
  const own = headers.length;
  for (let i = 0; i + 1 < client.length; i += 2) {
    const name = (client[i] as string).toLowerCase();
    if (forward.has(name) && !has(headers, name, own)) headers.push(name, client[i + 1] as string);
  }
}

function has(headers: readonly string[], name: string, end = headers.length): boolean {
  for (let i = 0; i < end; i += 2) {
    const key = headers[i] as string;
    if (key.length === name.length && key.toLowerCase() === name) return true;
  }
  return false;
}

/** The length of a body in memory is what it is; only for a stream is the client's word needed, once. */
function frameBody(headers: string[], body: UpstreamRequest['body']): void {
  let seen = !isStream(body);
  for (let i = 0; i + 1 < headers.length; ) {
    if ((headers[i] as string).toLowerCase() !== 'content-length') {
      i += 2;
    } else if (seen) {
      headers.splice(i, 2);
    } else {
      seen = true;
      i += 2;
    }
  }
}

/** RFC 9110, section 7.6.3: each hop adds itself at the end. */
function addVia(headers: string[], entry: string): void {
  let value = '';
  for (let i = 0; i + 1 < headers.length; ) {
    if ((headers[i] as string).toLowerCase() === 'via') value += `${headers.splice(i, 2)[1]}, `;
    else i += 2;
  }
  headers.push('via', value + entry);
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
