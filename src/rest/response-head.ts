import type { ServerResponse } from 'node:http';
import type { RewritingBlueprint } from '../blueprint/blueprint.ts';
import type { Headers } from '../kernel/scope.ts';

/** A service knows better than a default of the gateway how its own pages are to be protected. */
const SERVICE_KNOWS_BETTER =
  /^(?:content-security-policy|strict-transport-security|x-frame-options|x-content-type-options|x-xss-protection|referrer-policy|permissions-policy|cross-origin-.*|cache-control)$/;

/** Lists: what both say holds. */
const BOTH_HOLD: ReadonlySet<string> = new Set(['vary', 'link', 'set-cookie', 'server-timing']);

/** No longer true of a body that the gateway made out of the service's. */
const OF_THE_BODY = [
  'content-type',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'accept-ranges',
  'digest',
  'repr-digest',
  'content-digest',
  'etag',
  'last-modified',
];

export interface ResponseHead {
  /** Sets status and headers of an answer that goes out as the service made it. Nothing is sent yet. */
  write(response: ServerResponse, status: number, headers: Headers): void;
  /** The same for an answer whose body the gateway makes anew. */
  writeReplaced(response: ServerResponse, status: number, headers: Headers): void;
  /** Removes again what `write` has taken from the answer. */
  takeBack(response: ServerResponse, headers: Headers): void;
}

/**
 * Compiles a route's rules for answers. Headers that the gateway has set already stay, except where the service
 * knows better; repeated ones (`Set-Cookie`) stay apart. A 204 loses `Content-Length` (RFC 9110, 8.6).
 */
export function compileResponseHead(rules: RewritingBlueprint | undefined): ResponseHead {
  const set = rules?.set ?? [];
  const dropped = new Set([...(rules?.remove ?? []), ...set.map(([name]) => name)].map(lower));
  const droppedWithBody = new Set([...dropped, ...OF_THE_BODY]);
  const withoutLength = new Set([...dropped, 'content-length']);

  const writeWithout = (
    drop: ReadonlySet<string>,
    response: ServerResponse,
    status: number,
    headers: Headers,
  ): void => {
    response.statusCode = status;
    copyHeaders(response, headers, drop);
    for (const [name, value] of set) response.setHeader(name, value);
    for (const name of rules?.remove ?? []) response.removeHeader(name);
  };
  return {
    write: (response, status, headers) =>
      writeWithout(status === 204 ? withoutLength : dropped, response, status, headers),
    writeReplaced: (response, status, headers) => writeWithout(droppedWithBody, response, status, headers),
    takeBack(response, headers) {
      for (let i = 0; i < headers.length; i += 2) response.removeHeader(headers[i] as string);
      for (const [name] of set) response.removeHeader(name);
    },
  };
}

function copyHeaders(response: ServerResponse, headers: Headers, drop: ReadonlySet<string>): void {
  const own = new Set(response.getHeaderNames());
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (drop.has(name)) continue;
    if (own.has(name) && !BOTH_HOLD.has(name)) {
      if (!SERVICE_KNOWS_BETTER.test(name)) continue;
      response.removeHeader(name);
      own.delete(name);
    }
    response.appendHeader(headers[i] as string, headers[i + 1] as string);
  }
}

function lower(text: string): string {
  return text.toLowerCase();
}
