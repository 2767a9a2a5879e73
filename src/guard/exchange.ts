import type { IncomingMessage, ServerResponse } from 'node:http';
import { SignalSource } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { asGatewayError, GatewayError } from '../kernel/error.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Client, Trace } from '../kernel/scope.ts';
import { logAccess } from '../observe/access-log.ts';
import type { Logger } from '../observe/logger.ts';
import type { Admission } from './admission.ts';
import type { Peer } from './client.ts';
import type { Entry, Inbound, RenderError } from './inbound.ts';
import { lingerOnClose } from './linger.ts';
import { readRequestId, readTrace } from './trace.ts';

/** Bytes of an unread body that are worth reading to keep the connection; a bigger one costs less to cut off. */
const WORTH_READING = 65_536;

/** What all exchanges of one guard share. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** For failures before it is known which door the request is for. */
  readonly renderError: RenderError;
}

/** One request, its one answer, and what has become known about them so far. */
export class Exchange implements Omit<Admission, 'entry'> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly trace: Trace;
  /** Milliseconds of `Clock.now`. */
  readonly started: number;
  inbound: Inbound;
  /** The other end of the socket, until trusted proxies have been heard. */
  client: Client;
  readonly peer: Peer;
  principal: Principal | undefined;
  entry: Entry | undefined;
  /** The client waits for a go-ahead before it sends the body. */
  awaitsContinue = false;
  /** The whole answer has gone out to a connection that was open. */
  delivered = false;
  /** Ends the work for this request. */
  readonly signal = new SignalSource();
  readonly #context: ExchangeContext;
  #failed = false;

  constructor(request: IncomingMessage, response: ServerResponse, context: ExchangeContext) {
    this.request = request;
    this.response = response;
    this.#context = context;
    this.started = context.clock.now();
    this.requestId = readRequestId(request.rawHeaders);
    this.trace = readTrace(request.rawHeaders);
    this.inbound = asReceived(request, response);
    // Node says so too of an answer whose connection was destroyed under it.
    response.once('finish', () => {
      this.delivered = !request.socket.destroyed;
    });
    this.peer = peerOf(request);
    this.client = { ...this.peer, host: '', forwardedFor: this.peer.ip };
  }

  identified(principal: Principal): void {
    this.principal = principal;
  }

  /** Settles which place the request is for. */
  enter(entry: Entry): Exchange & Admission {
    return Object.assign(this, { entry });
  }

  /** Gives the go-ahead (RFC 9110, section 10.1.1), if the client waits for one. */
  proceed(): void {
    if (this.awaitsContinue) this.response.writeContinue();
    this.awaitsContinue = false;
  }

  /** Stops the work for this request; `error` becomes the signal's reason. */
  abort(error: GatewayError): void {
    this.signal.abort(error);
  }

  /** Answers with an error, once: the first one counts. Nothing is thrown. */
  fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const { response } = this;
    // A body that breaks off is the client's doing, and the door may hear of it before the response does.
    const gone = cause !== undefined && cause === this.request.errored;
    const error = gone ? clientClosed(cause) : asGatewayError(cause);
    this.#logFailure(error);
    if (response.writableEnded || response.destroyed) return;
    try {
      if (!response.headersSent) this.closeIfUnread();
      if (!response.headersSent && this.#endsConnection(error)) this.#close();
      (this.entry?.renderError ?? this.#context.renderError)(error, this.inbound, this.requestId);
    } catch (fault) {
      this.#context.logger.error({ err: fault, requestId: this.requestId }, 'an error could not be rendered');
      response.destroy();
    }
  }

  /**
   * A refused body would be taken for the next request, or would have to be read to its end: the connection ends
   * instead, unless the rest is small.
   */
  closeIfUnread(): void {
    const { request } = this;
    if (request.complete) return;
    const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    if (!this.awaitsContinue && length <= WORTH_READING) return;
    this.#close();
  }

  #endsConnection({ code }: GatewayError): boolean {
    // Who has not sent the rest in time is not waited for any longer (RFC 9110, section 15.5.9).
    if (code === 'REQUEST_TIMEOUT') return true;
    // Who sends one request that can be read in two ways may have sent a second one inside it.
    return code === 'BAD_REQUEST' && this.entry === undefined;
  }

  #close(): void {
    this.response.setHeader('Connection', 'close');
    lingerOnClose(this.request.socket, this.#context.clock);
  }

  /** Writes the access line. To be called when the answer is out, or can't get out any more. */
  finish(): void {
    const { response } = this;
    logAccess(
      this.#context.logger,
      {
        method: this.inbound.method,
        path: this.inbound.path,
        route: this.entry?.label,
        status: response.headersSent ? response.statusCode : 499,
        duration: (this.#context.clock.now() - this.started) / 1000,
        aborted: !this.delivered,
      },
      this,
    );
  }

  #logFailure(error: GatewayError): void {
    const { logger } = this.#context;
    const fields = {
      err: error.cause ?? error,
      code: error.code,
      service: error.service,
      requestId: this.requestId,
    };
    if (error.code === 'INTERNAL') logger.error(fields, 'a request failed by a fault of the gateway');
    else if (error.status === 503) logger.warn(fields, error.message);
    else logger.debug(fields, error.message);
  }
}

/** The reason to stop when the client has gone away. */
export function clientClosed(cause?: unknown): GatewayError {
  return new GatewayError('CLIENT_CLOSED', 'The client closed the connection', { cause });
}

function peerOf({ socket }: IncomingMessage): Peer {
  return { ip: socket.remoteAddress ?? '', protocol: 'encrypted' in socket ? 'https' : 'http' };
}

/** How a request is shown before it has a normal form, or if it has none. */
function asReceived(request: IncomingMessage, response: ServerResponse): Inbound {
  const { rawHeaders, headers } = request;
  const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 256) ?? '';
  return { method: request.method ?? '', path, query: '', rawHeaders, headers, request, response };
}
