import { STATUS_CODES } from 'node:http';
import type { Config } from '../config/schema/config.ts';
import type { Inbound, RenderError } from '../guard/inbound.ts';
import { asGatewayError, type GatewayError } from '../kernel/error.ts';
import type { Json } from '../kernel/json.ts';

export type ErrorFormat = Config['server']['errors']['format'];

/** What each status is called; where a code has more to say, its message is the text. */
const TITLE: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Authentication required',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  413: 'Payload too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  429: 'Rate limit exceeded',
  431: 'Request header fields too large',
  500: 'Internal server error',
  502: 'Bad gateway',
  503: 'Service unavailable',
  504: 'Gateway timeout',
};

/** Statuses whose text in the short formats is always the title: the rest is for those who read `problem`. */
const FIXED_TEXT: ReadonlySet<number> = new Set([403, 404, 405, 500, 502, 503, 504]);

/** Seconds to wait that a 503 tells when nobody knows better: long enough not to be a storm. */
const DEFAULT_RETRY_AFTER = 1;

/** Headers of an answer that was being prepared when it failed; they say nothing about the error. */
const OF_THE_LOST_ANSWER = ['content-encoding', 'content-length', 'content-range', 'etag', 'last-modified'];

export interface RenderErrorOptions {
  readonly format: ErrorFormat;
  /** Status for a service that can't be reached or answers nonsense. */
  readonly unreachable: 502 | 503;
}

/**
 * Renders errors of REST routes: `problem` (RFC 9457), `detail` or `error`. Before the first byte of an answer has
 * gone out it writes status, headers and body; after that it breaks the connection, so that the client can tell.
 */
export function createRenderError(options: RenderErrorOptions): RenderError {
  return (thrown, inbound, requestId) => {
    const { response } = inbound;
    const error = asGatewayError(thrown);
    if (response.headersSent) {
      if (!response.writableFinished) response.destroy();
      return;
    }
    if (response.destroyed) return;
    const status = error.status === 502 ? options.unreachable : error.status;
    const body = Buffer.from(JSON.stringify(renderBody(options.format, error, status, inbound, requestId)));
    writeErrorHead(inbound, error, status);
    response.setHeader('Content-Type', contentType(options.format));
    response.setHeader('Content-Length', body.length);
    response.end(inbound.method === 'HEAD' ? undefined : body);
  };
}

function contentType(format: ErrorFormat): string {
  return format === 'problem' ? 'application/problem+json' : 'application/json';
}

function writeErrorHead({ response }: Inbound, error: GatewayError, status: number): void {
  for (const name of OF_THE_LOST_ANSWER) response.removeHeader(name);
  response.statusCode = status;
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  if (status === 401 && !response.hasHeader('WWW-Authenticate'))
    response.setHeader('WWW-Authenticate', 'Bearer');
  const retryAfter = error.retryAfter ?? (status === 503 ? DEFAULT_RETRY_AFTER : undefined);
  if (retryAfter !== undefined) response.setHeader('Retry-After', Math.ceil(retryAfter));
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
}

function renderBody(
  format: ErrorFormat,
  error: GatewayError,
  status: number,
  inbound: Inbound,
  requestId: string,
): Json {
  // The table's text goes by what went wrong, also where `unreachable` has the status say something else.
  const title = TITLE[error.status] ?? STATUS_CODES[error.status] ?? error.message;
  const text = FIXED_TEXT.has(error.status) ? title : withProblems(error);
  const retry =
    error.code === 'RATE_LIMITED' && error.retryAfter !== undefined
      ? { retry_after: Math.ceil(error.retryAfter) }
      : {};
  if (format === 'detail') return { detail: text };
  const errors = error.problems.length === 0 ? {} : { errors: error.problems.map(renderProblem) };
  if (format === 'error') return { error: text, ...retry, ...errors };
  return {
    type: `urn:portico:error:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: error.code === 'INTERNAL' ? title : error.message,
    instance: inbound.path,
    requestId,
    ...retry,
    ...errors,
  };
}

/** A JSON pointer into the body, or the name of a parameter. */
function renderProblem({ at, message }: GatewayError['problems'][number]): Json {
  return at === '' || at.startsWith('/')
    ? { pointer: at, detail: message }
    : { parameter: at, detail: message };
}

/** The short formats have no room of their own for what failed where, so the text says it. */
function withProblems(error: GatewayError): string {
  if (error.problems.length === 0) return error.message;
  return `${error.message}: ${error.problems.map(({ at, message }) => `${at} ${message}`.trim()).join('; ')}`;
}
