import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonRecord = { readonly [key: string]: Json };

/** One request as a handler sees it. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: JsonRecord;
  /** Names in lower case. */
  readonly headers: IncomingMessage['headers'];
  /** User id that the gateway vouches for in `X-User-ID`; undefined for an anonymous request. */
  readonly caller: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}
export type Answer = (call: Call) => Reply | Promise<Reply>;
/** Method, path with `{name}` segments, handler. */
export type Route = readonly [method: string, path: string, answer: Answer];

/** A running service: an HTTP server of its own and a count of the calls it got. */
export interface Service {
  readonly name: string;
  listen(port: number, host?: string): Promise<string>;
  close(): Promise<void>;
}

/** Becomes the error answer of the service. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });

export function notFound(what: string): ServiceError {
  return new ServiceError(404, 'not_found', `${what} not found`);
}

/** The caller's user id; throws 401 if the gateway vouched for nobody. */
export function callerOf(call: Call): string {
  if (call.caller === undefined) throw new ServiceError(401, 'not_authenticated', 'Sign in first');
  return call.caller;
}

/** A required text of the body; throws 400 if it is missing or empty. */
export function textOf(call: Call, name: string): string {
  const value = call.body[name];
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new ServiceError(400, 'invalid', `${name} is required`);
}

/** A required whole number of the body, also as a text of digits; throws 400 if it is neither. */
export function numberOf(call: Call, name: string): number {
  const value = Number(call.body[name]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new ServiceError(400, 'invalid', `${name} must be a positive whole number`);
}

/** A number of the query string, kept between 1 and `most`. */
export function sizeOf(call: Call, name: string, fallback: number, most = 100): number {
  const value = Number(call.query.get(name) ?? fallback);
  return Number.isInteger(value) && value > 0 ? Math.min(value, most) : fallback;
}

/** Ids of a batch: `?id=1&id=2` and `?id=1,2` alike; undefined if the parameter is absent. */
export function idsOf(call: Call, name: string): string[] | undefined {
  if (!call.query.has(name)) return undefined;
  return call.query.getAll(name).flatMap((value) => value.split(',').filter((id) => id !== ''));
}

/** Where a service differs from others. */
export interface ServiceStyle {
  /** Path of its health; default `/health`. */
  readonly health?: string;
  /** Body of an error answer; default `{"error": {"code", "message"}}`. */
  readonly errorBody?: (error: Pick<ServiceError, 'code' | 'message'>) => unknown;
}

const envelope = ({ code, message }: Pick<ServiceError, 'code' | 'message'>) => ({
  error: { code, message },
});

/** Builds a service: its routes, its health path, and the count of calls at `/_calls`. */
export function createService(
  name: string,
  routes: readonly Route[],
  { health = '/health', errorBody = envelope }: ServiceStyle = {},
): Service {
  const table = routes.map(([method, path, answer]) => ({ method, pattern: patternOf(path), answer }));
  const calls = createCallLog();
  const started = Date.now();

  const handle = async (request: IncomingMessage): Promise<Reply> => {
    const url = new URL(request.url ?? '/', 'http://service');
    const method = request.method ?? 'GET';
    if (url.pathname === '/_calls') return calls.answer(method);
    if (url.pathname === health) {
      return ok({ status: 'healthy', service: name, uptime: Math.floor((Date.now() - started) / 1000) });
    }
    calls.add(request);
    let known = false;
    for (const route of table) {
      const match = route.pattern.exec(url.pathname);
      if (match === null) continue;
      known = true;
      if (route.method !== method) continue;
      return route.answer({
        params: { ...match.groups },
        query: url.searchParams,
        body: await readBody(request),
        headers: request.headers,
        caller: callerIn(request),
      });
    }
    if (known) throw new ServiceError(405, 'method_not_allowed', `${method} is not allowed here`);
    throw notFound('This address was');
  };

  const server = createServer((request, response) => {
    handle(request)
      .catch((error) => toErrorReply(error, errorBody))
      .then((reply) => send(response, reply));
  });
  // Longer than a gateway keeps an idle connection, so that no request meets a closing socket.
  server.keepAliveTimeout = 65_000;
  return {
    name,
    listen: (port, host = '127.0.0.1') => listen(server, port, host),
    close: () => close(server),
  };
}

/** `/api/gigs/{id}/` → a pattern that takes the path with and without its last slash. */
function patternOf(path: string): RegExp {
  const inner = path.replace(/\/$/, '').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return new RegExp(`^${inner}/?$`);
}

function callerIn({ headers }: IncomingMessage): string | undefined {
  const id = headers['x-user-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

async function readBody(request: IncomingMessage): Promise<JsonRecord> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 1024 * 1024) throw new ServiceError(413, 'too_large', 'The body is over 1 MiB');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRecord;
  } catch {
    // The answer below says it.
  }
  throw new ServiceError(400, 'invalid', 'The body must be a JSON object');
}

function toErrorReply(error: unknown, errorBody: NonNullable<ServiceStyle['errorBody']>): Reply {
  if (error instanceof ServiceError) return { status: error.status, body: errorBody(error) };
  console.error(error);
  return { status: 500, body: errorBody({ code: 'internal', message: 'Something went wrong' }) };
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.status === 204) {
    response.writeHead(204).end();
    return;
  }
  const text = JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

interface CallLog {
  add(request: IncomingMessage): void;
  answer(method: string): Reply;
}

/** Counts what came in, apart from health probes, so that anyone can check how many calls an operation makes. */
function createCallLog(): CallLog {
  let count = 0;
  let log: object[] = [];
  return {
    add(request) {
      count += 1;
      const { 'x-user-id': user, 'x-request-id': requestId, traceparent } = request.headers;
      log.push({ method: request.method, path: request.url, user, request_id: requestId, traceparent });
      if (log.length > 1000) log.shift();
    },
    answer(method) {
      if (method === 'DELETE') {
        count = 0;
        log = [];
        return { status: 204, body: undefined };
      }
      return ok({ count, log });
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const { port: actual } = server.address() as AddressInfo;
      resolve(`http://${host === '0.0.0.0' ? 'localhost' : host}:${actual}`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
