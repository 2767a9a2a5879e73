import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { RouteBlueprint } from '../blueprint/blueprint.ts';
import type { RouteConfig } from '../config/schema/route.ts';
import type { Mapping } from '../connect/mapping/mapping.ts';
import type { Door, Inbound } from '../guard/inbound.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import { FALLBACK_HEADER } from '../policy/fallback-header.ts';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../upstream/upstream.ts';
import type { CheckBody } from './body-schema.ts';
import { compileFallback, type Fallback } from './fallback.ts';
import { readJson } from './json-body.ts';
import { requestVariables, responseVariable, type VariableSource } from './mapping-variables.ts';
import { compileRewrite, decodeParameters, matchPath } from './path-template.ts';
import { hasBody, RequestBody } from './request-body.ts';
import { compileRequestHeaders } from './request-headers.ts';
import { compileResponseHead } from './response-head.ts';
import { sendJson } from './send-json.ts';

export interface PassthroughOptions {
  readonly route: RouteBlueprint;
  readonly upstream: Upstream;
  readonly checkBody: CheckBody | undefined;
  /** Bytes that an answer may have if a mapping reads it. */
  readonly bodyLimit: number;
  /** The gateway says which origins may call. */
  readonly ownCors: boolean;
  readonly logger: Pick<Logger, 'warn'>;
  readonly clock: Clock;
  /** What mappings see as `$env`. */
  readonly env: JsonObject;
}

/**
 * A door that passes requests through to a service, streaming both ways. Nothing of a body is held back unless the
 * route reads it (`schema`, body mappings).
 */
export function createPassthroughDoor(options: PassthroughOptions): Door {
  const { upstream } = options;
  const fallback = compileFallback(options.route.config.fallback);
  const { readsBody, streamed, read } = compileRequest(options, fallback?.stale);
  const send = compileAnswer(options);
  const stepIn = (by: Fallback, inbound: Inbound, scope: Scope, err: unknown) => {
    const { label } = options.route;
    options.logger.warn({ err, route: label, requestId: scope.requestId }, 'the fallback value stands in');
    by.send(inbound);
  };

  /** Makes the call and answers with what comes back. `received`: the client's JSON body, if the route had to read it. */
  const pass = async (
    request: UpstreamRequest,
    received: Json | undefined,
    inbound: Inbound,
    scope: Scope,
  ): Promise<void> => {
    try {
      const answer = await upstream.call(request, scope);
      if (!fallback?.replaces(answer)) return await send(answer, received, inbound, scope);
      answer.body.discard();
      stepIn(fallback, inbound, scope, `status ${answer.status}`);
    } catch (error) {
      const { headersSent, destroyed } = inbound.response;
      if (!fallback?.covers(error) || headersSent || destroyed) throw error;
      stepIn(fallback, inbound, scope, error);
    } finally {
      if (request.body instanceof RequestBody) request.body.destroy();
    }
  };

  if (!readsBody) return (inbound, scope) => pass(streamed(inbound), undefined, inbound, scope);
  return async (inbound, scope) => {
    const { request, received } = await read(inbound, scope);
    await pass(request, received, inbound, scope);
  };
}

/** Methods whose requests are not given a body that the client did not send. */
const HAS_NO_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Prepared {
  readonly request: UpstreamRequest;
  /** The client's JSON body, if the route had to read it. */
  readonly received: Json | undefined;
}

/** The way from a client's request to the one that goes to the service. */
interface RequestWay {
  /** The route looks into the client's body, so that `read` is the way; else `streamed` is. */
  readonly readsBody: boolean;
  streamed(inbound: Inbound): UpstreamRequest;
  read(inbound: Inbound, scope: Scope): Promise<Prepared>;
}

function compileRequest(options: PassthroughOptions, stale: UpstreamRequest['stale']): RequestWay {
  const { route, checkBody, clock, env } = options;
  const { config } = route;
  const mapping = route.request?.body;
  const rewrite = config.rewrite === undefined ? undefined : compileRewrite(config.rewrite, route.pattern);
  const headersOf = compileRequestHeaders(route.request, {
    replaced: mapping !== undefined,
    readsAnswer: route.response?.body !== undefined,
  });
  const build = compileParts(config, stale);
  const requestOf = (inbound: Inbound, headers: Headers, body: UpstreamRequest['body']) =>
    build(inbound.method, (rewrite ? rewrite(inbound.path) : inbound.path) + inbound.query, headers, body);

  return {
    readsBody: checkBody !== undefined || mapping !== undefined || asksForRequestBody(route),
    streamed: (inbound) => requestOf(inbound, headersOf(inbound), streamBody(inbound)),
    async read(inbound, scope) {
      const read = await readJson(inbound, checkBody);
      const received = read?.value;
      const headers = headersOf(inbound);
      if (!mapping || (!read && HAS_NO_BODY.has(inbound.method)))
        return { request: requestOf(inbound, headers, read?.bytes ?? null), received };
      const params = decodeParameters(matchPath(route.pattern, inbound.path));
      const mapped = mapping.evaluate(
        received,
        requestVariables({ inbound, scope, params, clock, env }, received),
      );
      const typed = [...headers, 'content-type', 'application/json'];
      return { request: requestOf(inbound, typed, JSON.stringify(mapped ?? null)), received };
    },
  };
}

/** Whether the mapping of the answer looks at what the client sent. */
function asksForRequestBody({ response }: RouteBlueprint): boolean {
  const uses = response?.body?.uses ?? [];
  return uses.some(({ variable, path }) => variable === '$request' && (path[0] ?? 'body') === 'body');
}

type BuildRequest = (
  method: string,
  path: string,
  headers: Headers,
  body: UpstreamRequest['body'],
) => UpstreamRequest;

/** Puts a call together with what every call of the route has in common; most routes have nothing. */
function compileParts({ timeout, cache }: RouteConfig, stale: UpstreamRequest['stale']): BuildRequest {
  const fixed = {
    door: 'rest',
    ...(timeout === undefined ? {} : { timeout }),
    ...(cache === false ? { shared: false } : {}),
    ...(cache === true ? { cache: true } : {}),
    ...(stale === undefined ? {} : { stale }),
  } as const;
  if (Object.keys(fixed).length > 1)
    return (method, path, headers, body) => ({ method, path, headers, body, ...fixed });
  return (method, path, headers, body) => ({ method, path, headers, body, door: 'rest' });
}

function streamBody({ request }: Inbound): RequestBody | null {
  return hasBody(request) ? new RequestBody(request) : null;
}

/** Compiles the way from a service's answer to the client's. */
function compileAnswer({ route, bodyLimit, ownCors, clock, env }: PassthroughOptions) {
  const head = compileResponseHead(route.response, ownCors);
  const mapping = route.response?.body;

  const stream = (answer: UpstreamResponse, { response }: Inbound): Promise<void> => {
    try {
      const takeBack = head.write(response, answer.status, headersOf(answer));
      markStale(response, answer);
      const isSized = response.hasHeader('content-length');
      // Chunked then, also if all of it is here: what the client gets is not to hang on when the bytes came.
      if (!isSized) response.writeHead(answer.status);
      const sending = answer.body.pipe(response);
      if (response.writableEnded) return sending;
      // It may be an event stream whose first event is far away. Bytes that are here already have taken the head along.
      if (!isSized) response.flushHeaders();
      return sending.catch((error) => {
        // Nothing of it has gone out, so that there can be another answer.
        if (!response.headersSent) takeBack(response);
        throw error;
      });
    } catch (error) {
      answer.body.discard();
      throw error;
    }
  };
  const map = async (by: Mapping, answer: UpstreamResponse, source: VariableSource, received?: Json) => {
    const { response, method } = source.inbound;
    const body = await answer.body.json(bodyLimit);
    const mapped = by.evaluate(body, {
      ...requestVariables(source, received),
      $response: responseVariable(answer.status, answer.headers, body),
      $status: answer.status,
    });
    head.writeReplaced(response, answer.status, headersOf(answer));
    markStale(response, answer);
    sendMapped(response, method, mapped);
  };
  return (answer: UpstreamResponse, received: Json | undefined, inbound: Inbound, scope: Scope) => {
    if (!mapping || !isMappable(answer.status)) return stream(answer, inbound);
    const params = decodeParameters(matchPath(route.pattern, inbound.path));
    return map(mapping, answer, { inbound, scope, params, clock, env }, received);
  };
}

/** A service's own error answer passes untouched, and where there is no body there is nothing to map. */
function isMappable(status: number): boolean {
  return status >= 200 && status < 300 && status !== 204 && status !== 205;
}

function sendMapped(response: ServerResponse, method: string, mapped: Json | undefined): void {
  if (method === 'HEAD') {
    // The service sent no body to map, so that the length of the mapped one is not known.
    response.setHeader('Content-Type', 'application/json');
    response.end();
  } else {
    sendJson(response, method, mapped);
  }
}

/** The answer's headers, and what the service's cache has to say, after the caches before it (RFC 9211, 2). */
function headersOf({ headers, source, age, cacheStatus }: UpstreamResponse): Headers {
  if (cacheStatus === undefined) return headers;
  const said = headers.concat('Cache-Status', cacheStatus);
  if (source === 'cache') said.push('Age', String(age));
  return said;
}

function markStale(response: ServerResponse, { source, age }: UpstreamResponse): void {
  if (source !== 'stale') return;
  response.setHeader(FALLBACK_HEADER, 'stale');
  response.setHeader('Age', age ?? 0);
}
