import type { Duplex } from 'node:stream';
import type { GatewayError } from '../kernel/error.ts';
import { type Peer, plainAddress } from './client.ts';
import type { GatewayRequest } from './gateway-request.ts';
import type { GatewayResponse } from './gateway-response.ts';
import type { Inbound } from './inbound.ts';
import type { Message } from './message.ts';

/** Where a socket keeps what is known of its connection. */
const KNOWN = Symbol('connection');

type Known = Duplex & { [KNOWN]?: Connection; readonly remoteAddress?: string | undefined };

/** Requests that one connection may have open before no more of it is read; a client that waits for answers has one. */
const MANY = 100;

/** As much of an exchange as matters to its connection. */
export interface OpenExchange {
  readonly message: Message;
  readonly inbound: Inbound;
  readonly request: GatewayRequest;
  readonly response: GatewayResponse;
  /** Its connection is gone. */
  cut(): void;
  /** Stops the work and answers with the error, if no answer has begun. */
  stop(error: GatewayError): void;
}

/** Who wants to know what becomes of the requests of a connection. */
export interface Follower {
  /** Nothing more will happen to this one. */
  left(exchange: OpenExchange): void;
}

/** What all requests of a connection have in common. It outlives the guards that a reload replaces. */
export class Connection {
  readonly peer: Peer;
  /** It is not kept after an answer that is on its way: what else comes is not to be served (RFC 9112, section 9.6). */
  isEnding = false;
  /** Requests that it has brought so far. */
  brought = 0;
  follower: Follower | undefined;
  readonly #socket: Duplex;
  #isHeld = false;
  /** In the order of their requests; more than one where a client does not wait for its answers. */
  readonly #open: OpenExchange[] = [];

  constructor(socket: Known) {
    this.#socket = socket;
    this.peer = {
      ip: plainAddress(socket.remoteAddress ?? ''),
      protocol: 'encrypted' in socket ? 'https' : 'http',
    };
    // Node tells of a connection's end only the answer whose turn it is, not those that wait behind it.
    socket.once('close', () => this.#endAll());
  }

  /** The latest unfinished exchange. */
  get latest(): OpenExchange | undefined {
    return this.#open.at(-1);
  }

  enter(exchange: OpenExchange): void {
    this.#open.push(exchange);
    this.brought++;
    if (this.#open.length < MANY) return;
    // Each takes a hundred times the memory of its bytes. Not at once: behind each request Node reads on.
    this.#isHeld = true;
    queueMicrotask(() => this.#socket.pause());
  }

  leave(exchange: OpenExchange): void {
    if (this.#open.length === 1 && this.#open[0] === exchange) {
      this.#open.pop();
    } else {
      const at = this.#open.indexOf(exchange);
      if (at !== -1) this.#open.splice(at, 1);
    }
    this.follower?.left(exchange);
    if (!this.#isHeld || this.#open.length > MANY / 2) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  #endAll(): void {
    this.follower = undefined;
    for (const exchange of [...this.#open]) exchange.cut();
  }
}

/** The connection of a socket. */
export function connectionOf(socket: Known): Connection {
  const known = socket[KNOWN];
  if (known !== undefined) return known;
  const connection = new Connection(socket);
  socket[KNOWN] = connection;
  return connection;
}
