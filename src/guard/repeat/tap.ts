import type { Socket } from 'node:net';
import type { Connection, Follower, OpenExchange } from '../connection.ts';
import { isOneRequest, type KnownRequest, type KnownRequests } from './known-request.ts';

/** The guard that is live, as far as requests concern it that come again. */
export interface TakeRepeated {
  readonly known: () => KnownRequests;
  /** Answers it; false if it has to be read once more. */
  take(known: KnownRequest, socket: Socket): boolean;
}

type Feed = (chunk: Buffer) => void;

/**
 * Looks at the bytes of a connection before Node's parser does. Those of a request that is known are not read again:
 * what they say was read from the same bytes. Does nothing if this Node has its parser elsewhere.
 */
export function tap(connection: Connection, socket: Socket, take: TakeRepeated): void {
  // Where somebody listens to the bytes Node gives them to all who do, its own parser among them.
  const [feed, ...others] = socket.listeners('data') as Feed[];
  if (feed === undefined || others.length > 0 || !isParsed(socket)) return;
  const made = new Tap(connection, socket, feed.bind(socket), take);
  connection.follower = made;
  socket.on('data', (chunk: Buffer) => made.hear(chunk));
  socket.removeListener('data', feed);
}

/** Whether it is Node's server that reads the socket, and has not let go of it. */
function isParsed(socket: Socket & { readonly parser?: unknown }): boolean {
  return socket.parser !== undefined && socket.parser !== null;
}

class Tap implements Follower {
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #feed: Feed;
  readonly #take: TakeRepeated;
  /** The parser stands between two requests whenever none is open. */
  #isInStep = true;
  /** One that has not been read is being answered. */
  #answersRepeated = false;
  /** What came behind it, and waits for its end. */
  #held: Buffer | undefined;
  /** The last one that was found, and among which: those of the guard that answers. */
  #last: KnownRequest | undefined;
  #requests: KnownRequests | undefined;
  /** The bytes of the last request that was read, and what came of them. */
  #candidate: { readonly bytes: Buffer; readonly exchange: OpenExchange } | undefined;

  constructor(connection: Connection, socket: Socket, feed: Feed, take: TakeRepeated) {
    this.#connection = connection;
    this.#socket = socket;
    this.#feed = feed;
    this.#take = take;
  }

  hear(chunk: Buffer): void {
    // The connection may be somebody else's by now, as behind an upgrade.
    if (!isParsed(this.#socket)) return;
    if (this.#answersRepeated) {
      this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
      this.#socket.pause();
    } else if (!this.#isInStep || this.#connection.latest !== undefined) {
      this.#isInStep = false;
      this.#feed(chunk);
    } else if (!this.#isRepeated(chunk)) {
      this.#readFirst(chunk);
    }
  }

  left(exchange: OpenExchange): void {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (candidate?.exchange === exchange && exchange.response.wasReady)
      this.#requests?.learn(candidate.bytes, exchange.message, exchange.inbound);
    if (!this.#answersRepeated) return;
    this.#answersRepeated = false;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) queueMicrotask(() => this.#release(held));
  }

  #release(held: Buffer): void {
    this.#socket.resume();
    this.hear(held);
  }

  #isRepeated(chunk: Buffer): boolean {
    const known = this.#find(chunk);
    if (known === undefined) return false;
    this.#answersRepeated = true;
    if (this.#take.take(known, this.#socket)) return true;
    this.#answersRepeated = false;
    return false;
  }

  /** Mostly it is the same one as before. */
  #find(chunk: Buffer): KnownRequest | undefined {
    const requests = this.#take.known();
    if (requests !== this.#requests || this.#last?.bytes.equals(chunk) !== true) {
      this.#requests = requests;
      this.#last = requests.find(chunk);
    }
    return this.#last;
  }

  /** Gives the parser what may be a whole request. */
  #readFirst(chunk: Buffer): void {
    const connection = this.#connection;
    const { brought } = connection;
    this.#feed(chunk);
    const exchange = connection.latest;
    this.#isInStep =
      exchange !== undefined &&
      connection.brought === brought + 1 &&
      isOneRequest(chunk, exchange.message.head);
    if (this.#isInStep && exchange !== undefined) this.#candidate = { bytes: chunk, exchange };
  }
}
