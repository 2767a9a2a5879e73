import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Entry, Inbound } from '../../src/guard/inbound.ts';
import { GatewayError } from '../../src/kernel/error.ts';
import type { Principal } from '../../src/kernel/principal.ts';
import type { Scope } from '../../src/kernel/scope.ts';

/** An entry on a bare port, with a made-up scope for each request: no guard in between. */
export interface GraphqlServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Header with which a test says who is calling: the principal's roles and scopes as JSON. */
export const CALLER_HEADER = 'x-test-caller';

/** Hosts the entry. What its door throws goes through its `renderError`, as the guard does it. */
export async function startGraphqlServer(entry: Entry): Promise<GraphqlServer> {
  const server = createServer((request, response) => void serve(entry, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${entry.label}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(entry: Entry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/', query] = (request.url ?? '/').split('?', 2);
  const inbound: Inbound = {
    method: request.method ?? 'GET',
    path,
    query: query === undefined ? '' : `?${query}`,
    rawHeaders: request.rawHeaders,
    headers: request.headers,
    request,
    response,
  };
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new GatewayError('CLIENT_CLOSED', 'The client went away'));
  });
  const scope = testScope({
    signal: gone.signal,
    headers: request.rawHeaders,
    requestId: String(request.headers['x-request-id'] ?? 'request-1'),
    ...principalOf(request),
  });
  const fail = (error: unknown) => entry.renderError(error, inbound, scope.requestId);
  try {
    await entry.door(inbound, scope, { fail });
  } catch (error) {
    fail(error);
  }
}

function principalOf(request: IncomingMessage): { principal?: Principal } {
  const text = request.headers[CALLER_HEADER];
  return typeof text === 'string' ? { principal: testPrincipal(JSON.parse(text) as Partial<Principal>) } : {};
}

/** A caller called `u1`, if nothing else is said. */
export function testPrincipal(given: Partial<Principal> = {}): Principal {
  return { via: 'jwt', id: 'u1', name: 'Uma', roles: [], scopes: [], claims: {}, ...given };
}

/** The scope of a request that nobody waits for in particular. */
export function testScope(given: Partial<Scope> = {}): Scope {
  return {
    signal: new AbortController().signal,
    deadline: Number.POSITIVE_INFINITY,
    requestId: 'request-1',
    trace: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), flags: '01', state: '', baggage: '' },
    headers: [],
    ...given,
  };
}
