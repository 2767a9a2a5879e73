import { answer } from '../guard/answer.ts';
import type { BodyTaker } from '../guard/gateway-request.ts';
import { type Door, type FailureSink, GOES_ON, type Inbound, type RenderError } from '../guard/inbound.ts';
import { takeWhole } from '../guard/read-whole.ts';
import { asGatewayError, GatewayError } from '../kernel/error.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import type { Guest } from '../policy/join.ts';
import { GRAPHIQL_POLICY } from './graphiql-policy.ts';
import type { OperationWish, RunWish } from './join-operations.ts';
import { type AnswerType, chooseAnswerType, JSON_TYPE, mediaTypeOf, RESPONSE_JSON } from './media-type.ts';
import type { OperationAnswer } from './operation-answer.ts';
import { type ErrorLog, renderGatewayError } from './render-error.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';
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
  const { graphiql } = options;
  return (inbound, scope, exchange) => {
    const { method } = inbound;
    const head = readRequestHead(inbound.rawHeaders);
    const page = graphiql && method === 'GET' && head.accept?.includes('text/html') === true;
    const type = page ? undefined : checkAccept(head.accept);
    if (method === 'POST') checkContentType(head);
    else if (!page) options.checkSite(inbound.rawHeaders);
    const visit = new Visit(options, inbound, scope, exchange, head.accept, type);
    if (method !== 'POST') visit.begin(undefined);
    else if (inbound.repeated) visit.takeBody(inbound.repeated.body);
    else takeWhole(inbound.request, visit);
    return GOES_ON;
  };
}

/** One request, as it waits first for its body and then for its answer; without a promise for each, for there are many. */
class Visit implements BodyTaker, Guest<OperationAnswer> {
  readonly #options: DoorOptions;
  readonly #inbound: Inbound;
  readonly #scope: Scope;
  readonly #exchange: FailureSink;
  readonly #accept: string | undefined;
  /** Undefined: for GraphiQL. */
  readonly #type: AnswerType | undefined;

  constructor(
    options: DoorOptions,
    inbound: Inbound,
    scope: Scope,
    exchange: FailureSink,
    accept: string | undefined,
    type: AnswerType | undefined,
  ) {
    this.#options = options;
    this.#inbound = inbound;
    this.#scope = scope;
    this.#exchange = exchange;
    this.#accept = accept;
    this.#type = type;
  }

  takeBody(body: Buffer): void {
    const { bodyLimit } = this.#options;
    if (body.length <= bodyLimit) this.begin(body);
    // Where there is a guard it has seen to that while the body came.
    else
      this.fail(new GatewayError('PAYLOAD_TOO_LARGE', `The request body is larger than ${bodyLimit} bytes`));
  }

  missBody(error: GatewayError): void {
    this.fail(error);
  }

  /** `body`: JSON, for a POST. Never throws. */
  begin(body: Buffer | undefined): void {
    const inbound = this.#inbound;
    const scope = this.#scope;
    try {
      const wish = this.#type && findWish(this.#options, inbound, body);
      if (wish !== undefined) {
        this.#options.run(wish, scope, this);
        return;
      }
      if (inbound.method === 'GET') checkParameters(inbound.query);
      const request = { inbound, scope, accept: this.#accept, body };
      serve(this.#options.server, request).catch((error) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  receive(answer: OperationAnswer): void {
    try {
      answer.readyAs(this.#type as AnswerType).sendTo(this.#inbound);
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#exchange.fail(error);
  }
}

/** What may go the short way. */
function findWish(
  { shortWay, path }: DoorOptions,
  inbound: Inbound,
  body: Buffer | undefined,
): OperationWish | undefined {
  if (shortWay === undefined || inbound.path !== path) return undefined;
  if (body !== undefined) return shortWay.ofBody(inbound.repeated?.text ?? body.toString());
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
