import type { Socket } from 'node:net';
import type { Headers } from '../kernel/scope.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { Answering, GatewayResponse } from './gateway-response.ts';
import { type Head, readHead } from './head.ts';
import { type Normal, normalise } from './normalise.ts';

/** One request on a connection and the response to it, whether Node has made objects for them already or not. */
export interface Message {
  readonly head: Head;
  readonly socket: Socket;
  /** As received, flat. */
  readonly rawHeaders: Headers;
  readonly request: GatewayRequest;
  readonly response: GatewayResponse;
  /** All of the request has come. */
  readonly isComplete: boolean;
  /** Of the answer, once it has begun. */
  readonly status: number | undefined;
  /** To be called before anything else is. `readTimeout`: see `endForSlowReader`. */
  begin(answering: Answering, readTimeout: number): void;
  /** See `normalise`. */
  normal(maxTarget: number): Normal;
  /** The connection is gone. */
  destroy(): void;
}

/** One that Node has received. */
export class ReceivedMessage implements Message {
  readonly head: Head;
  readonly request: GatewayRequest;
  readonly response: GatewayResponse;

  constructor(request: GatewayRequest, response: GatewayResponse) {
    this.head = readHead(request.rawHeaders);
    this.request = request;
    this.response = response;
  }

  get socket(): Socket {
    return this.request.socket;
  }

  get rawHeaders(): Headers {
    return this.request.rawHeaders;
  }

  get isComplete(): boolean {
    return this.request.complete;
  }

  get status(): number | undefined {
    const { response } = this;
    return response.headersSent ? response.statusCode : undefined;
  }

  begin(answering: Answering, readTimeout: number): void {
    this.response.begin(answering, readTimeout);
  }

  normal(maxTarget: number): Normal {
    return normalise(this.request, this.response, maxTarget, this.head);
  }

  destroy(): void {
    this.response.destroy();
  }
}
