import type { Config } from '../schema/config.ts';
import type { Path } from '../source/source.ts';
import type { Finding } from './finding.ts';

/** Connection headers of RFC 9110 (7.6.1) and those that frame the message: they end at each hop. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
  'http2-settings',
];
const OWN_BOTH_WAYS = ['x-request-id'];
const OWN_UPSTREAM = ['host', 'x-real-ip', 'via', 'forwarded', 'traceparent', 'tracestate', 'baggage'];
const OWN_DOWNSTREAM = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit',
  'ratelimit-policy',
  'x-portico-fallback',
];

/**
 * Which way a header goes. `own`: towards a service, with a value that the configuration or the schema gives it;
 * `copied`: it is read from the client's request, to go on under whatever name.
 */
type Direction = 'upstream' | 'own' | 'copied' | 'downstream';

/** Why a header must not be named in a rule; undefined if it may be. */
export type ForbiddenHeaders = (name: string, direction: Direction) => string | undefined;

/**
 * Headers that no rule may touch. Names are compared as services read them: without case, `_` like `-`.
 * With `cors` the gateway says which origins may call.
 */
export function forbiddenHeaders(auth: Config['auth'], cors = false): ForbiddenHeaders {
  const identity = new Set(Object.keys(auth.forward).map(normal));
  const keys = new Set(keyHeaders(auth).map(normal));
  const own = {
    upstream: new Set([...OWN_BOTH_WAYS, ...OWN_UPSTREAM]),
    downstream: new Set([...OWN_BOTH_WAYS, ...OWN_DOWNSTREAM]),
  };
  return (name, direction) => {
    const key = normal(name);
    if (keys.has(key) && (direction === 'upstream' || direction === 'copied')) {
      return `${name} is where callers put their key, and is never passed on; to send a service a key of its own, use headers.set of the service`;
    }
    if (direction === 'copied') return undefined;
    if (HOP_BY_HOP.includes(key))
      return `${name} belongs to one connection and is never passed on; remove it`;
    const upstream = direction !== 'downstream';
    if (upstream && identity.has(key)) {
      return `${name} tells services who the caller is, and only the gateway sets it; remove it here (see auth.forward)`;
    }
    const reserved = upstream ? own.upstream : own.downstream;
    if (reserved.has(key) || (upstream && key.startsWith('x-forwarded-'))) {
      return `${name} is set by the gateway itself; remove it`;
    }
    if (cors && direction === 'downstream' && key.startsWith('access-control-'))
      return `${name} is set by the gateway itself, as server.cors says; remove one of them`;
    return undefined;
  };
}

/** Headers in which callers send keys to the gateway. That of internal callers is removed even if there are none. */
export function keyHeaders({ apiKeys, serviceKeys }: Config['auth']): string[] {
  return apiKeys.enabled ? [apiKeys.header, serviceKeys.header] : [serviceKeys.header];
}

/** `{ set, forward?, remove }` of a service (`own`) or a route. */
export function checkHeaderRules(
  rules: { readonly set?: object; readonly forward?: readonly string[]; readonly remove?: readonly string[] },
  path: Path,
  direction: Direction,
  forbidden: ForbiddenHeaders,
): Finding[] {
  const set = Object.keys(rules.set ?? {}).map((name) => ({
    name,
    at: [...path, 'set', name],
    on: 'key' as const,
    to: direction,
  }));
  const listed = (['forward', 'remove'] as const).flatMap((list) =>
    (rules[list] ?? []).map((name, i) => ({
      name,
      at: [...path, list, i],
      on: 'value' as const,
      to: direction === 'own' ? ('upstream' as const) : direction,
    })),
  );
  return [...set, ...listed].flatMap(({ name, at, on, to }) => {
    const message = forbidden(name, to);
    return message === undefined ? [] : [{ path: at, on, message }];
  });
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
