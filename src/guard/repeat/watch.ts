import type { Socket } from 'node:net';
import type { Headers } from '../../kernel/scope.ts';
import type { Connection, Follower, OpenExchange } from '../connection.ts';
import { usualHeadLength } from '../hidden-bytes.ts';
import { type TakeRepeated, tap } from './tap.ts';

/** Requests of a connection that are looked at: one on which nothing has come again by then is left in peace. */
const WATCHED = 64;

/**
 * Looks for connections on which the same request comes again. Node gives the bytes of a connection straight to its
 * parser, which costs less than to look at them first; so that is done only where it promises something.
 */
export class Watch implements Follower {
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #take: TakeRepeated;
  #seen = 0;
  #last: Headers = [];
  /** Bytes that all requests so far have, written in the usual way. */
  #bytes = 0;

  constructor(connection: Connection, socket: Socket, take: TakeRepeated) {
    this.#connection = connection;
    this.#socket = socket;
    this.#take = take;
  }

  left({ message, request, response }: OpenExchange): void {
    const connection = this.#connection;
    const { rawHeaders } = request;
    const isAgain = response.wasReady && isSame(rawHeaders, this.#last);
    this.#last = rawHeaders;
    this.#bytes += usualHeadLength(request) + Number(message.head.contentLength ?? 0);
    this.#seen++;
    if (this.#seen === WATCHED) connection.follower = undefined;
    // Else the parser may have the beginning of another request.
    const isBetween = this.#socket.bytesRead === this.#bytes && connection.latest === undefined;
    if (isAgain && isBetween && !connection.isEnding) tap(connection, this.#socket, this.#take);
  }
}

function isSame(headers: Headers, others: Headers): boolean {
  return headers.length === others.length && headers.every((text, i) => text === others[i]);
}
