import type { Clock } from '../kernel/clock.ts';
import type { Count } from './counters.ts';
import type { Limit } from './limit.ts';

/** Lower-case names of what `limitHeaders` gives. */
export const LIMIT_HEADER_NAMES: readonly string[] = [
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit-policy',
  'ratelimit',
];

/** Names of limits as they stand in headers; limits come from the configuration, so there are few. */
const texts = new WeakMap<Limit, { readonly name: string; readonly policy: string }>();

/**
 * What an answer says of the limit that its request was counted by, flat: the older headers with the window's end in
 * Unix seconds, and those of draft-ietf-httpapi-ratelimit-headers (structured fields: name, quota and window in seconds;
 * name, what remains and seconds to the end). Times are rounded up, so that who waits has waited long enough.
 */
export function limitHeaders(limit: Limit, { remaining, resetAt }: Count, clock: Clock): string[] {
  const { name, policy } = textsOf(limit);
  const seconds = Math.max(0, Math.ceil((resetAt - clock.wall()) / 1000));
  return [
    'X-RateLimit-Limit',
    String(limit.requests),
    'X-RateLimit-Remaining',
    String(remaining),
    'X-RateLimit-Reset',
    String(Math.ceil(resetAt / 1000)),
    'RateLimit-Policy',
    policy,
    'RateLimit',
    `${name};r=${remaining};t=${seconds}`,
  ];
}

function textsOf(limit: Limit) {
  const known = texts.get(limit);
  if (known !== undefined) return known;
  const name = toStructuredString(limit.name);
  const policy = `${name};q=${limit.requests};w=${Math.ceil(limit.window / 1000)}`;
  const made = { name, policy };
  texts.set(limit, made);
  return made;
}

/** A string of RFC 9651, 3.3.3: printable ASCII, in which two characters are escaped. Others are percent-encoded. */
function toStructuredString(text: string): string {
  const ascii = text.replace(/[^\x20-\x7e]+/g, (other) =>
    Buffer.from(other).toString('hex').replace(/../g, '%$&'),
  );
  return `"${ascii.replace(/["\\]/g, '\\$&')}"`;
}
