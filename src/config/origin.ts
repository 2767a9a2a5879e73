/** Who may call from a browser, as one entry of `server.cors.origins` names them. */
export type AllowedOrigin =
  | { readonly kind: 'any' }
  /** As browsers write it: scheme and host in lower case, no port where it is the scheme's own; also `null`. */
  | { readonly kind: 'exact'; readonly origin: string }
  /** Every host below a domain: what comes before and behind the part that `*` stands for. */
  | { readonly kind: 'below'; readonly start: string; readonly end: string };

/** Schemes of apps that show pages of their own; those of the web are left to the URL parser. */
const OTHER_ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9][a-z0-9._-]*(?::\d{1,5})?$/;
/** Stands for `*` while the URL parser looks at the rest. */
const PLACEHOLDER = 'x';

/**
 * Reads `*`, `null`, an origin (`https://app.example.com`), or all hosts below a domain (`https://*.example.com`).
 * Gives what is wrong with it, for a message, if it is none of these.
 */
export function parseOrigin(text: string): AllowedOrigin | { readonly fault: string } {
  if (text === '*') return { kind: 'any' };
  if (text === 'null') return { kind: 'exact', origin: text };
  const [, scheme, isBelow, rest] = /^([^:/]+:\/\/)(\*\.)?(.*)$/s.exec(text) ?? [];
  if (scheme === undefined || rest === undefined)
    return { fault: 'is no origin; write it with its scheme, such as https://app.example.com' };
  if (rest.includes('*'))
    return { fault: 'has a * where none can be; only https://*.example.com is known, for all hosts below' };
  const origin = normalOrigin(`${scheme}${isBelow === undefined ? '' : `${PLACEHOLDER}.`}${rest}`);
  if (origin === undefined)
    return {
      fault: 'is no origin; it is a scheme, a host, and maybe a port, without a path or a slash at the end',
    };
  if (isBelow === undefined) return { kind: 'exact', origin };
  const start = origin.slice(0, origin.indexOf('//') + 2);
  return { kind: 'below', start, end: origin.slice(start.length + PLACEHOLDER.length) };
}

/** Undefined for what is more or less than an origin. */
function normalOrigin(text: string): string | undefined {
  if (!/^https?:/i.test(text)) {
    const lower = text.toLowerCase();
    return OTHER_ORIGIN.test(lower) && !lower.startsWith('file:') ? lower : undefined;
  }
  // The parser would take a path, a query and user info for parts, and spaces for nothing.
  if (/[/?#@\s\\]/.test(text.replace('://', '')) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
}
