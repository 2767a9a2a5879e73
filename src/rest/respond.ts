import type { RouteConfig } from '../config/schema/route.ts';
import type { Door } from '../guard/inbound.ts';

import { sendBytes } from './send-json.ts';

/** A door that always gives the same answer: text as it is, anything else as JSON, nothing if there is no body. */
export function createRespondDoor(respond: NonNullable<RouteConfig['respond']>): Door {
  const { status, headers, body } = respond;
  const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  return async ({ method, response }) => {
    response.statusCode = status;
    if (body !== undefined) response.setHeader('Content-Type', type);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendBytes(response, method, bytes);
  };
}
