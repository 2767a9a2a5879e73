import { type HttpService, type SeenRequest, startHttpService } from './http-service.ts';

/** What a route of a made-up service answers: JSON with 200, or a status and whatever body. */
export type RouteAnswer = (call: RouteCall) => unknown;

export interface RouteCall {
  readonly url: URL;
  readonly headers: SeenRequest['headers'];
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
  /** The path's segments. */
  readonly segments: readonly string[];
}

/** An answer that is not 200 with JSON. */
export class Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string>;

  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    this.status = status;
    this.body = typeof body === 'string' ? body : JSON.stringify(body);
    this.headers = { 'content-type': 'application/json', ...headers };
  }
}

export interface RestService extends HttpService {
  /** `GET /users?id=1` for each request so far. */
  calls(): string[];
}

/**
 * Starts a service that answers by method and path: `'GET /users/*'`, where `*` is one segment. What no route
 * fits is a 404. A route may give a promise to answer late.
 */
export async function startRestService(routes: Record<string, RouteAnswer>): Promise<RestService> {
  const service = await startHttpService(async (request, response, seen) => {
    for await (const _chunk of request);
    const url = new URL(request.url ?? '/', 'http://service');
    const answer = findRoute(routes, request.method ?? 'GET', url.pathname);
    const call: RouteCall = {
      url,
      headers: request.headers,
      body: seen.body.length > 0 ? (JSON.parse(seen.body.toString()) as unknown) : undefined,
      segments: url.pathname.split('/').slice(1),
    };
    const given = answer === undefined ? new Reply(404, { error: 'nothing here' }) : await answer(call);
    const reply = given instanceof Reply ? given : new Reply(200, JSON.stringify(given));
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  });
  return Object.assign(service, {
    calls: () => service.requests.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`),
  });
}

function findRoute(
  routes: Record<string, RouteAnswer>,
  method: string,
  path: string,
): RouteAnswer | undefined {
  const found = Object.entries(routes).find(([pattern]) => {
    const [verb, template = ''] = pattern.split(' ');
    const expression = template.replaceAll('*', '[^/]+');
    return verb === method && new RegExp(`^${expression}$`).test(path);
  });
  return found?.[1];
}
