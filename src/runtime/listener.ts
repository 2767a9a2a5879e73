import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/schema/config.ts';
import { createBrokenConnection } from '../guard/broken-connection.ts';
import { connectionOf } from '../guard/connection.ts';
import type { Guard } from '../guard/create-guard.ts';
import { GatewayRequest } from '../guard/gateway-request.ts';
import { GatewayResponse } from '../guard/gateway-response.ts';
import { RepeatedMessage } from '../guard/repeat/repeated-message.ts';
import type { TakeRepeated } from '../guard/repeat/tap.ts';
import { Watch } from '../guard/repeat/watch.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../observe/logger.ts';
import { OpenSockets } from './open-sockets.ts';

/** Where a listener can be reached. */
export interface Address {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** The socket side of the gateway. It outlives runtimes: each request goes to the guard that is live when it comes. */
export interface Listener {
  /** Rejects with Node's error if the address is taken or not allowed. */
  listen(host: string, port: number): Promise<Address>;
  /** Takes no new connections, and closes those that do nothing. Resolves when none is left. */
  stop(): Promise<void>;
  /** Closes connections that carry nothing now. */
  closeIdle(): void;
  /** Cuts what is left. */
  cut(): void;
}

/** Milliseconds that an unused connection is kept: longer than the usual minute of load balancers, which would else
 * send a request into a connection that is just being closed. */
const KEEP_ALIVE = 65_000;
/** Milliseconds between looks at connections that are slow to send their head. */
const CHECK_INTERVAL = 1000;

export interface ListenerOptions {
  readonly server: Pick<Config['server'], 'headerLimit' | 'requestTimeout'>;
  readonly guard: () => Guard;
  /** Milliseconds that an unused connection is kept. */
  readonly keepAlive?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createListener(options: ListenerOptions): Listener {
  const { guard } = options;
  const keepAlive = options.keepAlive ?? KEEP_ALIVE;
  const server = createHttpServer(options.server);
  const broken = createBrokenConnection(options);
  const sockets = new OpenSockets(keepAlive);
  const repeated: TakeRepeated = {
    known: () => guard().known,
    take: (known, socket) => guard().acceptRepeated(new RepeatedMessage(known, socket, keepAlive)),
  };
  server.on('connection', (socket) => {
    sockets.add(socket);
    const connection = connectionOf(socket);
    connection.follower = new Watch(connection, socket, repeated);
  });
  server.on('request', (request, response) => guard().accept(request, response.keptFor(keepAlive)));
  server.on('checkContinue', (request, response) => {
    guard().acceptExpecting(request, response.keptFor(keepAlive));
  });
  server.on('checkExpectation', (request, response) => {
    guard().refuseExpectation(request, response.keptFor(keepAlive));
  });
  server.on('connect', (request, socket) => broken.refuseTunnel(request, socket, guard()));
  server.on('clientError', (error, socket) => broken.refuse(error, socket, guard()));
  // No listener for `upgrade`: the request is then answered as if the client had not offered one, which RFC 9110
  // (section 7.8) allows, and which suits clients that offer h2c with every first request.
  return {
    async listen(host, port) {
      server.listen(port, host);
      await once(server, 'listening');
      return addressOf(server);
    },
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      sockets.showBusy();
      server.close();
      await closed;
    },
    closeIdle() {
      sockets.showBusy();
      server.closeIdleConnections();
      // Node takes a connection that has never carried anything for a busy one.
      sockets.closeUnused();
    },
    cut: () => server.closeAllConnections(),
  };
}

function createHttpServer(
  config: ListenerOptions['server'],
): Server<typeof GatewayRequest, typeof GatewayResponse> {
  const server = createServer({
    IncomingMessage: GatewayRequest,
    ServerResponse: GatewayResponse,
    maxHeaderSize: config.headerLimit,
    headersTimeout: config.requestTimeout,
    // The guard watches bodies itself: it knows whether an answer is under way, and who is slow.
    requestTimeout: 0,
    connectionsCheckingInterval: CHECK_INTERVAL,
    // `OpenSockets` sees to that.
    keepAliveTimeout: 0,
    // The guard's own check answers in the configured format.
    requireHostHeader: false,
  });
  // Node would drop headers over 2000 in silence, and the guard would judge what is not all; the size is bounded.
  server.maxHeadersCount = 0;
  return server;
}

function addressOf(server: Pick<Server, 'address'>): Address {
  const { address, port, family } = server.address() as AddressInfo;
  const any = address === '0.0.0.0' || address === '::';
  const shown = any ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return { url: `http://${shown}:${port}`, host: address, port };
}
