import type { Readable } from 'node:stream';
import type { Client, Dispatcher } from 'undici';
import type { ServiceConfig } from '../config/schema/service.ts';
import { type AbortListener, abortError, listenForAbort, type Signal } from '../kernel/abort.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import { getHeader, withoutHeaders } from '../kernel/headers.ts';
import { Queued } from '../kernel/queue.ts';
import type { Scope } from '../kernel/scope.ts';
import { type BodySource, IncomingBody } from './body.ts';
import { type Answer, type Attempt, type Call, isStream } from './call.ts';
import { type Borrower, Connections } from './connections.ts';
import { createConnector } from './connector.ts';
import { receiveHeaders } from './received-headers.ts';

/** The way to one target: sends a call and gives its answer once the headers are there. */
export interface Transport {
  /** Throws UPSTREAM_UNREACHABLE for no connection and no (intelligible) answer, or what the attempt was cancelled with. */
  send(call: Call, scope: Scope): Promise<Answer>;
  /** Closes every connection, whatever is under way on it. */
  destroy(): Promise<void>;
}

export interface HttpTransportOptions {
  readonly service: string;
  /** Base URL of the target; its path is put before every call's. */
  readonly url: string;
  readonly clock: Clock;
  readonly config: Pick<ServiceConfig, 'connectTimeout' | 'idleTimeout' | 'tls' | 'http2'>;
  /** The most connections at a time. */
  readonly connections: number;
}

/** HTTP/1.1 over undici (HTTP/2 where the service asks for it): one request at a time on a connection, kept alive. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { service, clock, config } = options;
  const url = new URL(options.url);
  const settings: Settings = {
    service,
    clock,
    idleTimeout: config.idleTimeout,
    prefix: url.pathname.replace(/\/+$/, ''),
  };
  const connections = new Connections(url.origin, options.connections, {
    pipelining: 1,
    connect: createConnector({ service, clock, config }),
    // Both are kept by the gateway's own clock; undici's timers tick by the half second.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    send: (call, scope) =>
      new Promise((resolve, reject) => {
        const exchange = new Exchange(settings, connections, call, scope, resolve, reject);
        call.attempt = exchange;
        call.sent = false;
        exchange.start();
      }),
    destroy: () => connections.destroy(),
  };
}

interface Settings {
  readonly service: string;
  readonly clock: Clock;
  readonly idleTimeout: number;
  readonly prefix: string;
}

/**
 * One request on the wire. It is undici's handler, the body's source and the listener of the scope's signal in one
 * object, because there is one for every call.
 */
class Exchange
  extends Queued<Borrower>
  implements Dispatcher.DispatchHandler, Borrower, BodySource, Attempt, AbortListener
{
  readonly #settings: Settings;
  readonly #connections: Connections;
  #client: Client | undefined;
  readonly #call: Call;
  readonly #signal: Signal;
  #resolve: ((answer: Answer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #cancelled: Error | undefined;
  #abort: ((error: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #body: IncomingBody | undefined;
  #idle: Timer | undefined;
  #lastByte = 0;
  #bodySent = false;
  #moved = false;

  constructor(
    settings: Settings,
    connections: Connections,
    call: Call,
    scope: Scope,
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
  ) {
    super();
    this.#settings = settings;
    this.#connections = connections;
    this.#call = call;
    this.#signal = scope.signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    if (this.#signal.aborted) {
      this.#fail(abortError(this.#signal));
      return;
    }
    listenForAbort(this.#signal, this);
    this.#connections.lend(this);
  }

  send(client: Client): void {
    const call = this.#call;
    this.#client = client;
    client.dispatch(
      {
        path: this.#settings.prefix + call.path,
        method: call.method,
        headers: call.headers as string[],
        body: call.body,
      },
      this,
    );
  }

  refuse(error: Error): void {
    this.#fail(this.#explain(error));
  }

  // Steering, from above.

  handleEvent(): void {
    this.cancel(abortError(this.#signal));
  }

  cancel(error: Error): void {
    if (this.#cancelled) return;
    this.#cancelled = error;
    this.#fail(error);
    if (this.#client === undefined) this.#connections.leave(this);
    this.#abort?.(error);
  }

  excused(): boolean {
    const moved = this.#moved && !this.#bodySent;
    this.#moved = false;
    return moved || this.starved();
  }

  starved(): boolean {
    const { body } = this.#call;
    if (this.#bodySent || this.#abort === undefined) return false;
    // A paused source waits for the service; one that flows and gives nothing waits for the client.
    return isStream(body) && !body.isPaused();
  }

  watch(): void {
    const { clock, idleTimeout } = this.#settings;
    this.#lastByte = clock.now();
    const check = () => {
      const rest = this.#body?.paused ? idleTimeout : this.#lastByte + idleTimeout - clock.now();
      if (rest > 0) this.#idle = clock.after(rest, check);
      else this.cancel(this.#error('UPSTREAM_TIMEOUT', 'fell silent in the middle of its answer'));
    };
    this.#idle = clock.after(idleTimeout, check);
  }

  resume(): void {
    const resume = this.#resume;
    // The parser must not be entered from within itself, and whoever resumes may stand inside it.
    if (resume) queueMicrotask(resume);
  }

  abort(error: GatewayError): void {
    this.cancel(error);
  }

  // News from the wire. undici calls these by name.

  onConnect(abort: (error?: Error) => void): void {
    // Thrown here, before anything is written, it ends the request and spares connection and body.
    if (this.#cancelled) throw this.#cancelled;
    this.#abort = abort;
    this.#call.sent = true;
  }

  onBodySent(): void {
    this.#moved = true;
  }

  onRequestSent(): void {
    this.#bodySent = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200 || !this.#resolve) return true;
    const { service } = this.#settings;
    this.#resume = resume;
    const answer = readAnswer(status, receiveHeaders(raw), this, this.#call, service);
    this.#body = answer.body;
    this.#resolve(answer);
    this.#resolve = undefined;
    // Over already: undici would wait for the bytes of a stated length, which a 304 may have and never sends.
    if (answer.body.length === 0) this.#complete();
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#idle) this.#lastByte = this.#settings.clock.now();
    return this.#body?.push(chunk) ?? true;
  }

  onComplete(): void {
    this.#giveBack(true);
    this.#complete();
  }

  onError(error: Error): void {
    this.#giveBack(false);
    this.#fail(this.#cancelled ?? this.#explain(error));
  }

  onUpgrade(): void {
    throw new GatewayError('INTERNAL', 'An upgrade was not asked for');
  }

  #complete(): void {
    this.#close();
    this.#body?.end();
  }

  #giveBack(sound: boolean): void {
    const client = this.#client;
    this.#client = undefined;
    if (client) this.#connections.giveBack(client, sound);
  }

  #fail(error: Error): void {
    this.#close();
    if (this.#body) {
      this.#body.fail(error as GatewayError);
    } else {
      this.#reject?.(error);
      this.#resolve = undefined;
    }
    this.#reject = undefined;
  }

  #close(): void {
    this.#signal.removeEventListener('abort', this);
    this.#idle?.cancel();
    this.#idle = undefined;
  }

  #explain(error: Error): GatewayError {
    const { body } = this.#call;
    // The request body's own reason: too large, too slow, the client gone.
    if (error instanceof GatewayError) return error;
    const code = (error as { code?: string }).code;
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
      return new GatewayError('BAD_REQUEST', 'The request has a header or path that HTTP does not allow', {
        cause: error,
      });
    // undici destroys the source only after it has told us: if it is broken by now, the client broke it.
    if (isStream(body) && brokenByClient(body))
      return new GatewayError('CLIENT_CLOSED', 'The client went away', { cause: error });
    if (this.#body) return this.#error('UPSTREAM_INVALID', 'broke off its answer', error);
    return this.#error('UPSTREAM_UNREACHABLE', 'could not be reached', error);
  }

  #error(code: GatewayError['code'], what: string, cause?: Error): GatewayError {
    const { service } = this.#settings;
    return new GatewayError(code, `The service ${service} ${what}`, { service, cause });
  }
}

function brokenByClient(body: Readable): boolean {
  return body.destroyed && !body.readableEnded;
}

function readAnswer(
  status: number,
  received: string[],
  source: BodySource,
  call: Call,
  service: string,
): Answer & { body: IncomingBody } {
  const encoding = getHeader(received, 'content-encoding');
  const empty = call.method === 'HEAD' || status === 204 || status === 304;
  // A field wants the content, a route passes on what is on the wire; the headers must say which it is.
  const decodeBytes = call.door === 'graphql';
  const headers =
    encoding !== undefined && decodeBytes
      ? withoutHeaders(received, (name) => name === 'content-encoding' || name === 'content-length')
      : received;
  const length = empty ? 0 : Number(getHeader(received, 'content-length') ?? Number.NaN);
  const body = new IncomingBody(source, {
    service,
    encoding,
    decodeBytes,
    length: Number.isFinite(length) ? length : undefined,
  });
  return { status, headers, body, source: 'upstream' };
}
