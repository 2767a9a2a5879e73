import type { Principal } from '../kernel/principal.ts';
import { checkSingle } from './framing.ts';
import type { Inbound } from './inbound.ts';

/** A way to prove who one is by a key in a header of its own. */
export interface HeaderKey {
  /** As configured. */
  readonly header: string;
  /** Throws or rejects with UNAUTHENTICATED, or with a 503 if it can't be known now. */
  readonly verify: (key: string) => Principal | Promise<Principal>;
}

/**
 * The key of a request; undefined if the header is not there. Another spelling of its name is another header, and
 * never a key. Throws BAD_REQUEST if it is there twice: whoever stands before the gateway may have judged the other one.
 */
export function readHeaderKey(header: string, { headers, rawHeaders }: Inbound): string | undefined {
  const name = header.toLowerCase();
  const value = headers[name];
  if (value === undefined) return undefined;
  checkSingle(rawHeaders, [name]);
  return String(value);
}
