import type { Duplex } from 'node:stream';
import type { Config } from '../config/schema/config.ts';
import type { VerifyToken } from '../identity/verify-token.ts';
import { type Audit, noAudit } from '../kernel/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { asGatewayError, GatewayError } from '../kernel/error.ts';
import { compose } from '../kernel/handler.ts';
import type { Counters } from '../limits/counters.ts';
import { createAccessLog } from '../observe/access-log.ts';
import type { Logger } from '../observe/logger.ts';
import type { Admission } from './admission.ts';
import { authorise } from './authorise.ts';
import { createHostCheck, hostName, isByAddress } from './authority.ts';
import { createChallenge } from './challenge.ts';
import { createFindClient } from './client.ts';
import { connectionOf, type OpenExchange } from './connection.ts';
import { createCors } from './cors.ts';
import { startDeadline } from './deadline.ts';
import { Exchange } from './exchange.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { GatewayResponse } from './gateway-response.ts';
import type { HeaderKey } from './header-key.ts';
import { mayHideMore } from './hidden-bytes.ts';
import { identify } from './identify.ts';
import { type FindEntry, GOES_ON, type Inbound, type RenderError } from './inbound.ts';
import { limit, limitUnidentified } from './limit.ts';
import { limitBody } from './limit-body.ts';
import { type Message, ReceivedMessage } from './message.ts';
import { answerPreflight, isPreflight } from './preflight.ts';
import { KnownRequests } from './repeat/known-request.ts';
import type { RepeatedMessage } from './repeat/repeated-message.ts';
import { SECURITY_HEADERS, toLines } from './response-headers.ts';

/** `draining`: still serving, but connections are not kept. `stopping`: nothing new is taken on. */
export type Phase = 'running' | 'draining' | 'stopping';

export interface GuardOptions {
  readonly server: Config['server'];
  readonly findEntry: FindEntry;
  /** Undefined: there is no way for a caller to prove who it is by a token. */
  readonly verify: VerifyToken | undefined;
  /** Keys that callers can prove who they are by; absent: there are none. */
  readonly apiKey?: HeaderKey | undefined;
  readonly serviceKey?: HeaderKey | undefined;
  /** For requests that no door is found for. */
  readonly renderError: RenderError;
  readonly phase: () => Phase;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears of callers that are refused; absent: nobody does. */
  readonly audit?: Audit;
  /** Counts requests; absent: no entry has a limit, and no caller. */
  readonly counters?: Counters | undefined;
}

/** What stands between the socket and the doors. */
export interface Guard {
  accept(request: GatewayRequest, response: GatewayResponse): void;
  /** The same for a request that waits for `100 Continue`. */
  acceptExpecting(request: GatewayRequest, response: GatewayResponse): void;
  /** Requests that it has answered, by which they are known when they come again. */
  readonly known: KnownRequests;
  /** Takes one that has come again; false if it has to be read once more. */
  acceptRepeated(message: RepeatedMessage): boolean;
  /** Answers a request whose `Expect` nobody knows. */
  refuseExpectation(request: GatewayRequest, response: GatewayResponse): void;
  /** The latest unfinished exchange on a connection, for what goes wrong on the connection itself. */
  exchangeOn(socket: Duplex): OpenExchange | undefined;
  readonly renderError: RenderError;
  /** Resolves when no request is in flight. */
  idle(): Promise<void>;
}

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/**
 * Takes requests from the socket to the door that answers them, through the inbound policies in order.
 * Throws an Error if `trustedProxies` holds something that is no address.
 */
export function createGuard(options: GuardOptions): Guard {
  const { server, clock, phase, findEntry } = options;
  const findClient = createFindClient(server.trustedProxies);
  const isServed = createHostCheck(server.allowedHosts);
  const cors = createCors(server.cors);
  const securityHeaders = server.securityHeaders ? SECURITY_HEADERS : [];
  const context = {
    clock,
    logger: options.logger,
    logAccess: createAccessLog(options.logger),
    audit: options.audit ?? noAudit,
    renderError: options.renderError,
    headers: securityHeaders,
    headerLines: toLines(securityHeaders),
    readTimeout: server.requestTimeout,
    cors,
  };
  const known = new KnownRequests();
  let inFlight = 0;
  let waiting: (() => void)[] = [];

  const counting = options.counters && { counters: options.counters, clock };
  const { verify: bearer, apiKey, serviceKey } = options;
  const ways = { bearer, apiKey, serviceKey };
  const challenge = createChallenge({
    bearer: bearer !== undefined,
    apiKey: apiKey?.header,
    serviceKey: serviceKey?.header,
  });
  const admit = compose<Admission, void>(
    [
      counting && limitUnidentified(counting), // around it, so that tokens can't be tried out without end
      identify(ways, challenge), // first, for limits count by user and rules ask for roles
      counting && limit(counting), // before anything that costs more than looking at the caller
      authorise(challenge), // before the door, which may buffer bodies and call services
    ],
    (admission, scope) => {
      admission.proceed();
      return admission.entry.door(admission.inbound, scope, admission);
    },
  );

  function begin(message: Message): Exchange {
    const exchange = new Exchange(message, context);
    exchange.onEnd = end;
    exchange.isLast =
      phase() !== 'running' ||
      (message.head.hasUpgrade && mayHideMore(message.request, message.socket.bytesRead));
    exchange.connection.enter(exchange);
    inFlight += 1;
    return exchange;
  }

  function end(): void {
    inFlight -= 1;
    if (inFlight > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  /** Throws and rejects alike: nothing waits where there is nothing to wait for. */
  function serve(exchange: Exchange): Promise<void> | undefined {
    const { message } = exchange;
    startDeadline(clock, server.requestTimeout, exchange);
    if (phase() === 'stopping') throw new GatewayError('DRAINING', 'Service unavailable', { retryAfter: 1 });
    const normal = message.normal(server.headerLimit / 2);
    exchange.inbound = normal.inbound;
    const client = findClient(exchange.connection.peer, normal.host, message.rawHeaders);
    exchange.client = client;
    const inbound = withHost(normal.inbound, client.host);
    exchange.inbound = inbound;
    exchange.isStrict = server.securityHeaders && client.protocol === 'https';
    if (!isServed(client.host) && !isProbe(inbound, client.host))
      throw new GatewayError('MISDIRECTED_REQUEST', 'This host is not served here');
    if (inbound.path === '*') return answerAsterisk(exchange);
    if (server.httpsRedirect && client.protocol === 'http' && !isProbe(inbound, client.host))
      return redirect(exchange, client.host);
    // Whoever asks and for whatever: a preflight comes without the caller's proofs, and is to count against no limit.
    if (cors && isPreflight(exchange)) return answerPreflight(exchange, cors);
    const admission = exchange.enter(findEntry(inbound));
    limitBody(normal.bodyLength, server.bodyLimit, exchange);

    return admit(admission, {
      signal: exchange.signal,
      deadline: server.requestTimeout === 0 ? Infinity : exchange.started + server.requestTimeout,
      requestId: exchange.requestId,
      trace: exchange.trace,
      client,
      headers: inbound.rawHeaders,
    });
  }

  /** Load balancers and orchestrators ask for health by address and in plain http, whatever clients have to do. */
  function isProbe(inbound: Inbound, host: string): boolean {
    if (!isByAddress(host)) return false;
    try {
      return findEntry(inbound).isProbe === true;
    } catch {
      return false;
    }
  }

  function accept(message: Message, awaitsContinue: boolean): void {
    const connection = connectionOf(message.socket);
    // Its answer would never be sent.
    if (connection.isEnding) return;
    const exchange = begin(message);
    exchange.awaitsContinue = awaitsContinue;
    connection.isEnding = exchange.isLast;
    try {
      const served = serve(exchange);
      if (served !== GOES_ON) served?.catch((error) => exchange.fail(error));
    } catch (error) {
      // At once: what Node finds behind it in the same bytes may be part of what was refused.
      if (exchange.endsConnection(asGatewayError(error))) connection.isEnding = true;
      // Not before Node has read what else has come with the head: who refuses looks whether a body is still to come.
      queueMicrotask(() => exchange.fail(error));
    }
  }

  return {
    accept: (request, response) => accept(new ReceivedMessage(request, response), false),
    acceptExpecting: (request, response) => accept(new ReceivedMessage(request, response), true),
    known,
    acceptRepeated(message) {
      if (phase() !== 'running') return false;
      accept(message, false);
      return true;
    },
    refuseExpectation(request, response) {
      const exchange = begin(new ReceivedMessage(request, response));
      exchange.fail(new GatewayError('BAD_REQUEST', 'Expectation failed', { status: 417 }));
    },
    exchangeOn: (socket) => connectionOf(socket).latest,
    renderError: options.renderError,
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

/** One host for all: the one that the target names, or a trusted proxy. Doors and rules see it as the Host header. */
function withHost(inbound: Inbound, host: string): Inbound {
  if (inbound.headers.host === host || host === '') return inbound;
  const { method, path, query, rawHeaders, repeated } = inbound;
  return {
    method,
    path,
    query,
    rawHeaders,
    headers: { ...inbound.headers, host },
    repeated,
    get request() {
      return inbound.request;
    },
    get response() {
      return inbound.response;
    },
  };
}

/** The port of the plain listener says nothing about the one for https, so it is left out. */
function redirect(exchange: Exchange, host: string): undefined {
  const { inbound, response } = exchange;
  if (host === '') throw new GatewayError('BAD_REQUEST', 'Malformed request: no Host header');
  exchange.closeIfUnread();
  response.writeHead(308, {
    Location: `https://${hostName(host)}${inbound.path}${inbound.query}`,
    'Content-Length': 0,
  });
  response.end();
}

/** `OPTIONS *` asks about the server, not about a resource (RFC 9110, section 9.3.7). */
function answerAsterisk(exchange: Exchange): undefined {
  const { response } = exchange;
  exchange.closeIfUnread();
  response.writeHead(204, { Allow: METHODS });
  response.end();
}
