import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { noAudit } from '../kernel/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import { createAccessLog } from '../observe/access-log.ts';
import type { Logger } from '../observe/logger.ts';
import { assignSocket, makeRequest } from './by-hand.ts';
import type { Guard } from './create-guard.ts';
import { Exchange } from './exchange.ts';
import type { GatewayRequest } from './gateway-request.ts';
import { GatewayResponse } from './gateway-response.ts';
import { lingerOnClose } from './linger.ts';
import { ReceivedMessage } from './message.ts';

/** What Node's parser or its timers found wrong with a connection. */
type ConnectionError = Error & {
  readonly code?: string;
  readonly rawPacket?: Buffer;
  /** How far into the packet the parser got. */
  readonly bytesParsed?: number;
};

/** Codes after which nobody is there to be answered. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_EOF_STATE', 'HPE_CLOSED_CONNECTION']);

/** Answers what never became a request. */
export interface BrokenConnection {
  /** For Node's `clientError`: 400, 408, 414 or 431 in the configured format, then the connection is closed. */
  refuse(error: ConnectionError, socket: Duplex, guard: Guard): void;
  /** For Node's `connect`: nobody tunnels through this gateway. */
  refuseTunnel(request: GatewayRequest, socket: Duplex, guard: Guard): void;
}

/** One serves all guards of a server, one after the other: connections outlive reloads. */
export function createBrokenConnection({
  clock,
  logger,
}: {
  clock: Clock;
  logger: Logger;
}): BrokenConnection {
  const context = {
    clock,
    logger,
    logAccess: createAccessLog(logger),
    audit: noAudit,
    headers: [],
    headerLines: '',
    readTimeout: 0,
  };
  const refused = new WeakSet<Duplex>();

  function answer(request: GatewayRequest, socket: Socket, guard: Guard, error: GatewayError): void {
    if (!socket.writable) return void socket.destroy();
    // Node lets go of a socket on CONNECT, and an error that nobody listens to would end the process.
    socket.on('error', () => socket.destroy());
    const response = new GatewayResponse(request);
    const exchange = new Exchange(new ReceivedMessage(request, response), {
      ...context,
      renderError: guard.renderError,
    });
    exchange.isLast = true;
    lingerOnClose(socket, clock);
    assignSocket(response, socket, () => {
      socket.resume();
      socket.destroySoon();
    });
    exchange.fail(error);
  }

  return {
    refuse(cause, duplex, guard) {
      const socket = duplex as Socket;
      if (refused.has(socket)) return;
      refused.add(socket);
      if (GONE.has(cause.code ?? '') || !socket.writable) return void socket.destroy();
      const error = describe(cause);
      const exchange = guard.exchangeOn(socket);
      if (exchange === undefined) return answer(unreadable(socket), socket, guard, error);
      // The broken bytes belong to the body of this request, and it alone can be answered …
      if (!exchange.request.complete) return exchange.stop(error);
      // … or to the next one, whose answer must not overtake this one's.
      exchange.response.once('close', () => answer(unreadable(socket), socket, guard, error));
    },

    refuseTunnel(request, socket, guard) {
      const error = new GatewayError('METHOD_NOT_ALLOWED', 'Method not allowed', {
        headers: { Allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
      });
      answer(request, socket as Socket, guard, error);
    },
  };
}

function describe(cause: ConnectionError): GatewayError {
  switch (cause.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('REQUEST_TIMEOUT', 'Request timeout', { cause });
    case 'HPE_HEADER_OVERFLOW':
      return isLongTarget(cause)
        ? new GatewayError('URI_TOO_LONG', 'The URL is too long', { cause })
        : new GatewayError('HEADERS_TOO_LARGE', 'The request headers are too large', { cause });
    default:
      return new GatewayError('BAD_REQUEST', 'Malformed request', { cause });
  }
}

/** The parser counts the request line among the headers; when it gave up before the line's end, that is too long. */
function isLongTarget({ rawPacket, bytesParsed = 0 }: ConnectionError): boolean {
  const read = rawPacket?.subarray(0, bytesParsed).toString('latin1') ?? '';
  return /^[A-Z]+ [^\r\n]*$/.test(read);
}

/** Stands for a request that could not be read. */
const unreadable = (socket: Socket): GatewayRequest => makeRequest(socket, '', '');
