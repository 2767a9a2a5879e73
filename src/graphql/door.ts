import type { Door, Inbound, RenderError } from '../guard/inbound.ts';
import { asGatewayError, GatewayError } from '../kernel/error.ts';
import { chooseAnswerType, JSON_TYPE, mediaTypeOf, RESPONSE_JSON } from './media-type.ts';
import { readBody } from './read-body.ts';
import { type ErrorLog, renderGatewayError } from './render-error.ts';
import type { createGraphqlServer } from './yoga.ts';

export interface DoorOptions {
  readonly server: ReturnType<typeof createGraphqlServer>;
  /** Bytes of a request's body at the most. */
  readonly bodyLimit: number;
  /** A browser that asks for a page gets one. */
  readonly graphiql: boolean;
}

/**
 * Answers GraphQL requests. A POST must be JSON: the content types that a form can send without the browser
 * asking first (text, urlencoded, multipart) are refused, so that no other site can act with a user's cookies.
 * Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BAD_USER_INPUT, CLIENT_CLOSED.
 */
export function createDoor({ server, bodyLimit, graphiql }: DoorOptions): Door {
  return async (inbound, scope) => {
    const { method, headers } = inbound;
    const type = headers['content-type'];
    const page = graphiql && method === 'GET' && headers.accept?.includes('text/html');
    if (!page) checkAccept(headers.accept);
    if (method === 'POST') checkContentType(type, headers['content-encoding']);
    if (method === 'GET') checkParameters(inbound.query);
    const body = method === 'POST' ? await readBody(inbound.request, bodyLimit) : undefined;
    const request = new server.fetchAPI.Request(`http://localhost${inbound.path}${inbound.query}`, {
      method,
      headers: { accept: headers.accept ?? '*/*', ...(type !== undefined && { 'content-type': type }) },
      body: body === undefined ? null : new Uint8Array(body),
    });
    await send(await server.fetch(request, { scope }), inbound);
  };
}

/** Who does not get GraphiQL must take one of the two types of answers. */
function checkAccept(accept: string | undefined): void {
  if (chooseAnswerType(accept) !== undefined) return;
  throw new GatewayError('BAD_USER_INPUT', `The answer can only be ${RESPONSE_JSON} or ${JSON_TYPE}`, {
    status: 406,
  });
}

function checkContentType(type: string | undefined, encoding: string | undefined): void {
  if (type === undefined)
    throw new GatewayError('BAD_USER_INPUT', 'A POST needs a body of type application/json');
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The request body must not be encoded');
  }
  if (mediaTypeOf(type) !== JSON_TYPE) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The request body must be application/json');
  }
}

/** The two parameters of a GET that are JSON. */
function checkParameters(query: string): void {
  const parameters = new URLSearchParams(query);
  for (const name of ['variables', 'extensions']) {
    const text = parameters.get(name);
    if (text === null || text === '') continue;
    try {
      JSON.parse(text);
    } catch (cause) {
      throw new GatewayError('BAD_USER_INPUT', `The parameter "${name}" is not JSON`, { cause });
    }
  }
}

async function send(answer: Response, { method, response }: Inbound): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  if (response.headersSent || response.destroyed) return;
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader('Content-Length', body.length);
  response.setHeader('Vary', 'Accept');
  response.end(method === 'HEAD' ? undefined : body);
}

/** Renders what the guard or the door throws as a GraphQL answer without data. */
export function createRenderError(options: {
  readonly mask: boolean;
  readonly logger: ErrorLog;
}): RenderError {
  return (thrown, { request, response, headers }, requestId) => {
    const error = asGatewayError(thrown);
    if (response.headersSent) {
      if (!response.writableFinished) response.destroy();
      return;
    }
    if (response.destroyed) return;
    const body = Buffer.from(
      JSON.stringify({ errors: [renderGatewayError(error, { ...options, requestId })] }),
    );
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
    if (error.retryAfter !== undefined) response.setHeader('Retry-After', String(error.retryAfter));
    if (!request.complete) response.setHeader('Connection', 'close');
    response.statusCode = error.status;
    response.setHeader('Content-Type', `${chooseAnswerType(headers.accept) ?? JSON_TYPE}; charset=utf-8`);
    response.setHeader('Content-Length', body.length);
    response.end(body);
  };
}
