import { SignalSource } from '../kernel/abort.ts';
import type { Audit } from '../kernel/audit-event.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { asGatewayError, GatewayError } from '../kernel/error.ts';
import { newRequestId } from '../kernel/id.ts';
import type { Principal } from '../kernel/principal.ts';
import type { Client, Trace } from '../kernel/scope.ts';
import type { Count } from '../limits/counters.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { Logger } from '../observe/logger.ts';
import { reasonOf } from '../storage/storage-unavailable.ts';
import type { Admission } from './admission.ts';
import { type Connection, connectionOf } from './connection.ts';
import type { Cors, CorsHeaders } from './cors.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { Answering, GatewayResponse } from './gateway-response.ts';
import type { Head } from './head.ts';
import type { Entry, Inbound, RenderError } from './inbound.ts';
import { lingerOnClose } from './linger.ts';
import type { Message } from './message.ts';
import { STRICT_TRANSPORT, toLines, traceHeaders } from './response-headers.ts';
import { formatTraceparent, newTrace, readRequestId, readTrace } from './trace.ts';

/** Bytes of an unread body that are worth reading to keep the connection; a bigger one costs less to cut off. */
const WORTH_READING = 65_536;

/** What all exchanges of one guard share. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logAccess: AccessLog;
  /** Hears of callers that are refused. */
  readonly audit: Audit;
  /** For failures before it is known which door the request is for. */
  readonly renderError: RenderError;
  /** Headers of every answer beside those of its trace, flat. */
  readonly headers: readonly string[];
  /** The same as lines of a head. */
  readonly headerLines: string;
  /** See `endForSlowReader`. */
  readonly readTimeout: number;
  /** Absent: nobody may call from another origin. */
  readonly cors?: Cors | undefined;
}

/** One request, its one answer, and what has become known about them so far. */
export class Exchange implements Omit<Admission, 'entry'>, Answering {
  readonly message: Message;
  readonly requestId: string;
  readonly trace: Trace;
  /** Milliseconds of `Clock.now`. */
  readonly started: number;
  readonly connection: Connection;
  readonly #cors: CorsHeaders | undefined;
  /** Who it is from, once trusted proxies have been heard. */
  client: Client | undefined;
  principal: Principal | undefined;
  entry: Entry | undefined;
  /** The client waits for a go-ahead before it sends the body. */
  awaitsContinue = false;
  /** The connection is not to be kept after the answer. */
  isLast = false;
  /** Browsers are told to come by https only. */
  isStrict = false;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal = new SignalSource();
  /** Called when nothing more will happen. */
  onEnd: ((exchange: Exchange) => void) | undefined;
  /** What is left of the tightest limit that it has been counted by, and the headers that say so. */
  #limited: { readonly remaining: number; readonly headers: readonly string[] } | undefined;
  /** Ends it when it takes too long. */
  deadline: Timer | undefined;
  readonly #context: ExchangeContext;
  #inbound: Inbound | undefined;
  /** Nothing has refused the request; what is said from now on is the door's. */
  #admitted = false;
  /** The whole answer has gone out to a connection that was open. */
  #delivered = false;
  #failed = false;
  #over = false;

  constructor(message: Message, context: ExchangeContext) {
    const { head } = message;
    this.message = message;
    this.#context = context;
    this.started = context.clock.now();
    this.requestId = head.hasRequestId ? readRequestId(message.rawHeaders) : newRequestId();
    this.trace = head.hasTrace ? readTrace(message.rawHeaders) : newTrace();
    this.connection = connectionOf(message.socket);
    this.#cors = context.cors?.headersFor(head.origin);
    message.begin(this, context.readTimeout);
  }

  get request(): GatewayRequest {
    return this.message.request;
  }

  get response(): GatewayResponse {
    return this.message.response;
  }

  get head(): Head {
    return this.message.head;
  }

  /** As received, until it has a normal form. */
  get inbound(): Inbound {
    this.#inbound ??= asReceived(this.request, this.response);
    return this.#inbound;
  }

  set inbound(normal: Inbound) {
    this.#inbound = normal;
  }

  headers(): string[] {
    const headers = traceHeaders(this.requestId, this.trace);
    if (this.#limited) headers.push(...this.#limited.headers);
    for (const text of this.#context.headers) headers.push(text);
    if (this.#cors) headers.push(...this.#cors.headers);
    if (this.isLast) headers.push('Connection', 'close');
    if (this.isStrict) headers.push('Strict-Transport-Security', STRICT_TRANSPORT);
    return headers;
  }

  ownLines(): string | undefined {
    const { trace } = this;
    // Node has to see that the connection ends, and to look at what came from the client unread.
    if (this.isLast || this.isStrict || trace.state !== '' || trace.baggage !== '') return undefined;
    const limitLines = this.#limited ? toLines(this.#limited.headers) : '';
    return `X-Request-ID: ${this.requestId}\r\ntraceparent: ${formatTraceparent(trace)}\r\n${limitLines}`;
  }

  get sharedLines(): string {
    const { headerLines } = this.#context;
    return this.#cors ? headerLines + this.#cors.lines : headerLines;
  }

  get vary(): string {
    return this.#context.cors?.vary ?? '';
  }

  /** Node says so too of an answer whose connection was destroyed under it. */
  finished(): void {
    this.#delivered = !this.message.socket.destroyed;
  }

  closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.deadline?.cancel();
    if (!this.#delivered) this.abort(clientClosed());
    this.#logAccess();
    this.connection.leave(this);
    if (!this.message.isComplete) this.#boundRest();
    this.onEnd?.(this);
  }

  cut(): void {
    this.message.destroy();
    this.closed();
  }

  /** What is left of a body whose answer has gone out is read and thrown away, but not for ever. */
  #boundRest(): void {
    const { request } = this;
    const { clock, readTimeout } = this.#context;
    const { socket } = request;
    if (readTimeout === 0 || socket.destroyed) return;
    const timer = clock.after(readTimeout, () => socket.destroy());
    // A request whose answer is out does not hear of the end of its connection.
    const cancel = () => {
      timer.cancel();
      request.off('close', cancel);
      socket.off('close', cancel);
    };
    request.once('close', cancel);
    socket.once('close', cancel);
  }

  identified(principal: Principal): void {
    this.principal = principal;
  }

  limited({ remaining }: Count, headers: readonly string[]): void {
    if (this.#limited === undefined || remaining < this.#limited.remaining)
      this.#limited = { remaining, headers };
  }

  get isLimited(): boolean {
    return this.#limited !== undefined;
  }

  /** Settles which place the request is for. */
  enter(entry: Entry): Exchange & Admission {
    this.entry = entry;
    return this as Exchange & Admission;
  }

  /** Gives the go-ahead (RFC 9110, section 10.1.1), if the client waits for one. */
  proceed(): void {
    this.#admitted = true;
    if (this.awaitsContinue) this.response.writeContinue();
    this.awaitsContinue = false;
  }

  /** Stops the work for this request; `error` becomes the signal's reason. */
  abort(error: GatewayError): void {
    this.signal.abort(error);
  }

  /** Stops the work and answers with the error, if no answer has begun. */
  stop(error: GatewayError): void {
    this.abort(error);
    this.fail(error);
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
    this.#auditRefusal(error);
    if (response.writableEnded || response.destroyed) return;
    try {
      if (!response.headersSent) this.closeIfUnread();
      if (!response.headersSent && this.endsConnection(error)) this.#close();
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

  /** Whether who is refused like this is done with. */
  endsConnection({ code }: GatewayError): boolean {
    // Who has not sent the rest in time is not waited for any longer (RFC 9110, section 15.5.9).
    if (code === 'REQUEST_TIMEOUT') return true;
    // Who sends one request that can be read in two ways may have sent a second one inside it.
    return code === 'BAD_REQUEST' && this.entry === undefined;
  }

  #close(): void {
    this.connection.isEnding = true;
    this.response.setHeader('Connection', 'close');
    lingerOnClose(this.request.socket, this.#context.clock);
  }

  #logAccess(): void {
    const { inbound } = this;
    this.#context.logAccess({
      method: inbound.method,
      path: inbound.path,
      route: this.entry?.label,
      status: this.message.status ?? 499,
      duration: (this.#context.clock.now() - this.started) / 1000,
      user: this.principal?.id,
      ip: (this.client ?? this.connection.peer).ip,
      requestId: this.requestId,
      traceId: this.trace.traceId,
      aborted: !this.#delivered,
    });
  }

  /** A door that refuses somebody, as that of a login does, puts it on record itself. */
  #auditRefusal({ code, message }: GatewayError): void {
    const { requestId, client, principal, entry } = this;
    if (this.#admitted || entry === undefined || (code !== 'UNAUTHENTICATED' && code !== 'FORBIDDEN')) return;
    this.#context.audit({
      action: 'access.deny',
      outcome: 'denied',
      scope: { requestId, ...(client && { client }), ...(principal && { principal }) },
      object: `route:${entry.label}`,
      reason: message,
    });
  }

  #logFailure(error: GatewayError): void {
    const { logger } = this.#context;
    const fields = {
      err: error.cause ?? error,
      code: error.code,
      service: error.service,
      requestId: this.requestId,
    };
    if (error.code === 'STORAGE_UNAVAILABLE') {
      // The outage is told once, by the storage; each request that meets it is worth a line and not its whole story.
      const { code } = error;
      logger.warn({ code, reason: reasonOf(error.cause), requestId: this.requestId }, error.message);
      return;
    }
    if (error.code === 'INTERNAL') logger.error(fields, 'a request failed by a fault of the gateway');
    else if (error.status === 503) logger.warn(fields, error.message);
    else logger.debug(fields, error.message);
  }
}

/** The reason to stop when the client has gone away. */
function clientClosed(cause?: unknown): GatewayError {
  return new GatewayError('CLIENT_CLOSED', 'The client closed the connection', { cause });
}

/** How a request is shown before it has a normal form, or if it has none. */
function asReceived(request: GatewayRequest, response: GatewayResponse): Inbound {
  const { rawHeaders, headers } = request;
  const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 256) ?? '';
  return { method: request.method ?? '', path, query: '', rawHeaders, headers, request, response };
}
