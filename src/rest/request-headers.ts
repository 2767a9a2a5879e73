import type { RewritingBlueprint } from '../blueprint/blueprint.ts';
import type { Inbound } from '../guard/inbound.ts';
import { getHeaderValues } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';

/** What the body that goes on is, seen from the one that came in. */
export interface BodyChange {
  /** The body was made anew as JSON, or is to be: what the client said of its own no longer holds. */
  readonly replaced: boolean;
  /** The answer is to be read by the gateway itself: it must be whole, and not compressed. */
  readonly readsAnswer: boolean;
}

const OF_THE_BODY = ['content-type', 'content-encoding', 'content-length', 'content-md5', 'digest'];
const OF_THE_ANSWER = ['accept-encoding', 'range', 'if-range', 'if-none-match', 'if-modified-since'];

/**
 * Compiles a route's rules into a function from the client's headers to those that the call asks for.
 * What the client names in `Connection` (RFC 9110, 7.6.1) goes first, so that it can't take a header away that the
 * route sets; hop-by-hop headers and the gateway's own are the upstream's business, as is all of it where the route has
 * no rules.
 */
export function compileRequestHeaders(
  rules: RewritingBlueprint | undefined,
  change: BodyChange,
): (inbound: Inbound) => Headers {
  if (!rules && !change.replaced && !change.readsAnswer) return ({ rawHeaders }) => rawHeaders;
  const drop = new Set(['connection', 'expect']);
  for (const name of rules?.remove ?? []) drop.add(name.toLowerCase());
  for (const [name] of rules?.set ?? []) drop.add(name.toLowerCase());
  if (change.replaced) for (const name of OF_THE_BODY) drop.add(name);
  if (change.readsAnswer) for (const name of OF_THE_ANSWER) drop.add(name);
  const added: string[] = (rules?.set ?? []).flat();
  if (change.readsAnswer) added.push('accept-encoding', 'identity');

  return ({ rawHeaders, headers }) => {
    const named = namedByConnection(rawHeaders, headers.connection);
    const kept: string[] = [];
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      if (!drop.has(name) && !named?.has(name))
        kept.push(rawHeaders[i] as string, rawHeaders[i + 1] as string);
    }
    for (const part of added) kept.push(part);
    return kept;
  };
}

function namedByConnection(rawHeaders: Headers, connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const names = getHeaderValues(rawHeaders, 'connection').flatMap((value) => value.split(','));
  return new Set(names.map((name) => name.trim().toLowerCase()));
}
