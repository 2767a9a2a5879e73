import { answer } from '../guard/answer.ts';
import type { Door, Inbound, RenderError } from '../guard/inbound.ts';
import { asGatewayError, GatewayError } from '../kernel/error.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import { GRAPHIQL_POLICY } from './graphiql-policy.ts';
import type { OperationWish, RunWish } from './join-operations.ts';
import { type AnswerType, chooseAnswerType, JSON_TYPE, mediaTypeOf, RESPONSE_JSON } from './media-type.ts';
import { readBody } from './read-body.ts';
import { type ErrorLog, renderGatewayError } from './render-error.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';
import { sendAnswer } from './send-answer.ts';
import type { ShortWay } from './short-way.ts';
import type { createGraphqlServer } from './yoga.ts';

export interface DoorOptions {
  readonly server: ReturnType<typeof createGraphqlServer>;
  /** Where the endpoint is. */
  readonly path: string;
  /** Undefined: everything goes through the server. */
  readonly shortWay: ShortWay | undefined;
  readonly run: RunWish;
  /** Bytes of a request's body at the most. */
  readonly bodyLimit: number;
  /** A browser that asks for a page gets one. */
  readonly graphiql: boolean;
  /** Throws if another site's page is behind a GET. */
  readonly checkSite: (headers: Headers) => void;
}

/**
 * Answers GraphQL requests. A POST must be JSON: the content types that a form can send without the browser
 * asking first (text, urlencoded, multipart) are refused, so that no other site can act with a user's cookies; a GET
 * that one is behind is refused as well.
 * A request for a known operation is answered at once; all others go to the GraphQL server, with the same result.
 * Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BAD_USER_INPUT, FORBIDDEN, CLIENT_CLOSED.
 */
export function createDoor(options: DoorOptions): Door {
  const { bodyLimit, graphiql, run } = options;
  return async (inbound, scope) => {
    const { method, response } = inbound;
    const head = readRequestHead(inbound.rawHeaders);
    const page = graphiql && method === 'GET' && head.accept?.includes('text/html') === true;
    const type = page ? undefined : checkAccept(head.accept);
    if (method === 'POST') checkContentType(head);
    else if (!page) options.checkSite(inbound.rawHeaders);
    const body = method === 'POST' ? await readBody(inbound.request, bodyLimit) : undefined;
    const wish = type && findWish(options, inbound, body);
    if (wish !== undefined) return sendAnswer(await run(wish, scope), type as AnswerType, response);
    if (method === 'GET') checkParameters(inbound.query);
    await serve(options.server, { inbound, scope, accept: head.accept, body });
  };
}

/** What may go the short way. */
function findWish(
  { shortWay, path }: DoorOptions,
  inbound: Inbound,
  body: Buffer | undefined,
): OperationWish | undefined {
  if (shortWay === undefined || inbound.path !== path) return undefined;
  if (body !== undefined) return shortWay.ofBody(body.toString());
  return inbound.method === 'GET' ? shortWay.ofQuery(inbound.query) : undefined;
}

interface LongRequest {
  readonly inbound: Inbound;
  readonly scope: Scope;
  readonly accept: string | undefined;
  /** JSON. */
  readonly body: Buffer | undefined;
}

/** The long way. */
async function serve(server: DoorOptions['server'], { inbound, scope, accept, body }: LongRequest) {
  const { method, path, query } = inbound;
  const request = new server.fetchAPI.Request(`http://localhost${path}${query}`, {
    method,
    headers: { accept: accept ?? '*/*', ...(body && { 'content-type': JSON_TYPE }) },
    body: body === undefined ? null : new Uint8Array(body),
  });
  await send(await server.fetch(request, { scope }), inbound);
}

/** Who does not get GraphiQL must take one of the two types of answers. */
function checkAccept(accept: string | undefined): AnswerType {
  const type = chooseAnswerType(accept);
  if (type !== undefined) return type;
  throw new GatewayError('BAD_USER_INPUT', `The answer can only be ${RESPONSE_JSON} or ${JSON_TYPE}`, {
    status: 406,
  });
}

function checkContentType({ contentType, contentEncoding }: RequestHead): void {
  if (contentType === undefined)
    throw new GatewayError('BAD_USER_INPUT', 'A POST needs a body of type application/json');
  if (contentEncoding !== undefined && contentEncoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The request body must not be encoded');
  }
  if (mediaTypeOf(contentType) !== JSON_TYPE) {
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

async function send(given: Response, { response }: Inbound): Promise<void> {
  const body = Buffer.from(await given.arrayBuffer());
  // The length is the gateway's to say, and said once.
  const own = [...given.headers].filter(([name]) => name.toLowerCase() !== 'content-length');
  const isPage = given.headers.get('content-type')?.startsWith('text/html') === true;
  const policy = isPage ? ['Content-Security-Policy', GRAPHIQL_POLICY] : [];
  answer(response, given.status, [...own.flat(), 'Vary', 'Accept', ...policy], body);
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
