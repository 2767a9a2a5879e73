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

/** Why a header must not be named in a rule; undefined if it may be. */
export type ForbiddenHeaders = (name: string, direction: 'upstream' | 'downstream') => string | undefined;

/**
 * Headers that no rule may touch. Names are compared as services read them: without case, `_` like `-`.
 * With `cors` the gateway says which origins may call.
 */
export function forbiddenHeaders(auth: Config['auth'], cors = false): ForbiddenHeaders {
  const identity = new Set([...Object.keys(auth.forward), auth.serviceKeys.header].map(normal));
  const own = {
    upstream: new Set([...OWN_BOTH_WAYS, ...OWN_UPSTREAM]),
    downstream: new Set([...OWN_BOTH_WAYS, ...OWN_DOWNSTREAM]),
  };
  return (name, direction) => {
    const key = normal(name);
    if (HOP_BY_HOP.includes(key))
      return `${name} belongs to one connection and is never passed on; remove it`;
    if (direction === 'upstream' && identity.has(key)) {
      return `${name} tells services who the caller is, and only the gateway sets it; remove it here (see auth.forward)`;
    }
    if (own[direction].has(key) || (direction === 'upstream' && key.startsWith('x-forwarded-'))) {
      return `${name} is set by the gateway itself; remove it`;
    }
    if (cors && direction === 'downstream' && key.startsWith('access-control-'))
      return `${name} is set by the gateway itself, as server.cors says; remove one of them`;
    return undefined;
  };
}

/** `{ set, forward?, remove }` of a service or a route. */
export function checkHeaderRules(
  rules: { readonly set?: object; readonly forward?: readonly string[]; readonly remove?: readonly string[] },
  path: Path,
  direction: 'upstream' | 'downstream',
  forbidden: ForbiddenHeaders,
): Finding[] {
  const set = Object.keys(rules.set ?? {}).map((name) => ({
    name,
    at: [...path, 'set', name],
    on: 'key' as const,
  }));
  const listed = (['forward', 'remove'] as const).flatMap((list) =>
    (rules[list] ?? []).map((name, i) => ({ name, at: [...path, list, i], on: 'value' as const })),
  );
  return [...set, ...listed].flatMap(({ name, at, on }) => {
    const message = forbidden(name, direction);
    return message === undefined ? [] : [{ path: at, on, message }];
  });
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
