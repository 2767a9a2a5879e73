import type { IncomingMessage } from 'node:http';
import type { Inbound } from '../guard/inbound.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Json } from '../kernel/json.ts';
import type { CheckBody } from './body-schema.ts';
import { hasBody, readBody } from './request-body.ts';

const JSON_TYPE = /^application\/(?:[^\s;]+\+)?json\s*(?:;|$)/i;

/** Throws UNSUPPORTED_MEDIA_TYPE unless the request says that its body is JSON, sent as it is. */
function requireJson(request: IncomingMessage): void {
  const type = request.headers['content-type'];
  if (type === undefined || !JSON_TYPE.test(type)) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported media type: expected application/json', {
      headers: { Accept: 'application/json' },
    });
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Unsupported content encoding: send the body as it is', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
}

/** Parses a body that has been read. Throws BAD_REQUEST, saying where it stops being UTF-8 or JSON. */
function parseJsonBody(bytes: Buffer): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    throw new GatewayError('BAD_REQUEST', `The request body is not valid JSON: ${reason}`, { cause });
  }
}

/**
 * The client's JSON body, checked; undefined if there is none. Throws UNSUPPORTED_MEDIA_TYPE and BAD_REQUEST. A method that is there to carry a body must have one where the route has a schema.
 */
export async function readJson(
  { request, method }: Inbound,
  check: CheckBody | undefined,
): Promise<{ bytes: Buffer; value: Json } | undefined> {
  const expected = check !== undefined && (method === 'POST' || method === 'PUT' || method === 'PATCH');
  if (!hasBody(request) && !expected) return undefined;
  if (hasBody(request)) requireJson(request);
  const bytes = await readBody(request);
  const value = parseJsonBody(bytes);
  check?.(value);
  return { bytes, value };
}
