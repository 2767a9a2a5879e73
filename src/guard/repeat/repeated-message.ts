import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Headers } from '../../kernel/scope.ts';
import { assignSocket, makeRequest } from '../by-hand.ts';
import type { GatewayRequest } from '../gateway-request.ts';
import { type Answering, GatewayResponse, joined, type ReadyParts } from '../gateway-response.ts';
import type { Head } from '../head.ts';
import type { Inbound, Repeated } from '../inbound.ts';
import { isLast } from '../inner-response.ts';
import type { Message } from '../message.ts';
import type { Normal } from '../normalise.ts';
import { RoomyBody } from '../roomy-body.ts';
import type { KnownRequest } from './known-request.ts';

/**
 * A request whose bytes are known. Nobody has read them, and if its answer is ready nobody makes a response: it goes
 * straight to the connection. For all else request and response are made, as Node would have.
 */
export class RepeatedMessage implements Message, Repeated {
  readonly socket: Socket;
  readonly isComplete = true;
  readonly #known: KnownRequest;
  /** Milliseconds that the connection is kept. */
  readonly #keptFor: number;
  #answering: Answering | undefined;
  #readTimeout = 0;
  #response: GatewayResponse | undefined;
  /** Of the answer that has gone out without a response. */
  #status: number | undefined;

  constructor(known: KnownRequest, socket: Socket, keptFor: number) {
    this.#known = known;
    this.socket = socket;
    this.#keptFor = keptFor;
  }

  get head(): Head {
    return this.#known.head;
  }

  get rawHeaders(): Headers {
    return this.#known.rawHeaders;
  }

  get body(): Buffer {
    return this.#known.body;
  }

  get text(): string {
    return this.#known.text;
  }

  get request(): GatewayRequest {
    return this.response.req;
  }

  get response(): GatewayResponse {
    this.#response ??= this.#make();
    return this.#response;
  }

  get status(): number | undefined {
    const response = this.#response;
    return response?.headersSent ? response.statusCode : this.#status;
  }

  begin(answering: Answering, readTimeout: number): void {
    this.#answering = answering;
    this.#readTimeout = readTimeout;
  }

  normal(): Normal {
    const { host, body } = this.#known;
    return { inbound: new RepeatedInbound(this.#known, this), host, bodyLength: body.length };
  }

  destroy(): void {
    this.#response?.destroy();
  }

  sendReady(status: number, { body, head }: ReadyParts): boolean {
    const answering = this.#answering;
    if (this.#response !== undefined || this.#status !== undefined || answering === undefined) return false;
    const { socket } = this;
    const rest = socket.writable ? head.rest(answering.sharedLines, this.#keptFor) : undefined;
    if (rest === undefined) return false;
    const own = answering.ownLines();
    if (own === undefined) return false;
    const piece = joined(head.frontWith(own), rest, body);
    if (piece === undefined) return false;
    this.#status = status;
    socket.write(piece, 'latin1');
    if (socket.writableLength === 0) this.#end();
    else this.#wait(body);
    return true;
  }

  #end(): void {
    if (this.socket.errored === null) this.#answering?.finished();
    this.#answering?.closed();
  }

  /** The connection has not taken it whole yet; a client that takes none of it for too long is cut off. */
  #wait(body: ReadyParts['body']): void {
    const { socket } = this;
    if (body instanceof RoomyBody) body.keep();
    if (this.#readTimeout > 0) socket.setTimeout(this.#readTimeout);
    socket.write('', () => {
      if (this.#readTimeout > 0) socket.setTimeout(0);
      this.#end();
    });
  }

  #make(): GatewayResponse {
    const { method, url, rawHeaders, headers, body } = this.#known;
    const { socket } = this;
    const request = makeRequest(socket, method, url);
    request.rawHeaders = [...rawHeaders];
    request.headers = { ...headers };
    request.push(body);
    request.push(null);
    const response = new GatewayResponse(request).keptFor(this.#keptFor);
    // Whoever comes too late has nothing to answer any more.
    if (this.#status !== undefined || socket.destroyed) return response.destroy();
    if (this.#answering) response.begin(this.#answering, this.#readTimeout);
    assignSocket(response, socket, () => {
      request._dump();
      if (isLast(response)) socket.destroySoon();
    });
    return response;
  }
}

/** A repeated request in normal form: that of the first one. */
class RepeatedInbound implements Inbound {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly rawHeaders: Headers;
  readonly headers: IncomingHttpHeaders;
  readonly repeated: RepeatedMessage;

  constructor(known: KnownRequest, message: RepeatedMessage) {
    this.method = known.method;
    this.path = known.path;
    this.query = known.query;
    this.rawHeaders = known.rawHeaders;
    this.headers = known.headers;
    this.repeated = message;
  }

  get request(): GatewayRequest {
    return this.repeated.request;
  }

  get response(): GatewayResponse {
    return this.repeated.response;
  }
}
