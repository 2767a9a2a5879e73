import type { ServerResponse } from 'node:http';
import type { RouteConfig } from '../config/schema/route.ts';

/**
 * The headers that every answer of a deprecated route carries, errors too: `Deprecation` (RFC 9745), `Sunset`
 * (RFC 8594) and a `Link` to what to read about it. Undefined if there are none.
 */
export function compileRouteHeaders(config: RouteConfig): ((response: ServerResponse) => void) | undefined {
  const headers = deprecationHeaders(config.deprecated);
  if (headers.length === 0) return undefined;
  return (response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
  };
}

function deprecationHeaders(
  deprecated: RouteConfig['deprecated'],
): [name: string, value: string | string[]][] {
  if (!deprecated) return [];
  const { since, sunset, link } = deprecated;
  const headers: [string, string | string[]][] = [];
  // RFC 9745 wants a date; a route whose date nobody wrote down has been deprecated since ever.
  headers.push(['Deprecation', `@${since === undefined ? 0 : midnight(since).getTime() / 1000}`]);
  if (sunset !== undefined) headers.push(['Sunset', midnight(sunset).toUTCString()]);
  if (link !== undefined) {
    const relations = sunset === undefined ? ['deprecation'] : ['deprecation', 'sunset'];
    headers.push(['Link', relations.map((rel) => `<${link}>; rel="${rel}"; type="text/html"`)]);
  }
  return headers;
}

/** A date without a time, as the moment at which it begins in UTC. */
function midnight(date: string): Date {
  return new Date(`${date}T00:00:00Z`);
}
