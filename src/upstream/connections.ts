import { Client } from 'undici';
import { Queue, type Queued } from '../kernel/queue.ts';

/** Waits for a connection and uses it. */
export interface Borrower extends Queued<Borrower> {
  /** Sends its request on this connection; gives it back (`giveBack`) when undici has done with the request. */
  send(client: Client): void;
  /** There will be no connection. */
  refuse(error: Error): void;
}

/**
 * The connections to one target: one request at a time on each, so many of them, and a queue of those who wait. The one
 * that was used last is used first, as soon as its answer is complete; undici's own `Pool` waits another turn before it
 * takes a connection back, and with the calls of that turn spreads over twice as many (docs/decisions/0009).
 */
export class Connections {
  readonly #open: () => Client;
  readonly #limit: number;
  readonly #all: Client[] = [];
  readonly #free: Client[] = [];
  readonly #waiting = new Queue<Borrower>();
  #destroyed = false;

  /** `origin`: where to; `limit`: the most connections at a time. */
  constructor(origin: string, limit: number, options: Client.Options) {
    this.#open = () => new Client(origin, options);
    this.#limit = limit;
  }

  /** Lets `borrower` send, now or when it is its turn. */
  lend(borrower: Borrower): void {
    const client = this.#free.pop() ?? this.#more();
    if (client) borrower.send(client);
    else if (this.#destroyed) borrower.refuse(closed());
    else this.#waiting.add(borrower);
  }

  /** Whoever waits longest has it next. One that is not `sound` has to be opened again, and so is the last choice. */
  giveBack(client: Client, sound: boolean): void {
    if (this.#destroyed) return;
    const next = this.#takeNext();
    if (next) next.send(client);
    else if (sound) this.#free.push(client);
    else this.#free.unshift(client);
  }

  /** `borrower` does not want one any more. */
  leave(borrower: Borrower): void {
    this.#waiting.remove(borrower);
  }

  /** Closes every connection; requests under way and waiting fail. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    this.#free.length = 0;
    for (let next = this.#takeNext(); next; next = this.#takeNext()) next.refuse(closed());
    await Promise.all(this.#all.map((client) => client.destroy()));
  }

  #takeNext(): Borrower | undefined {
    const { first } = this.#waiting;
    if (first) this.#waiting.remove(first);
    return first;
  }

  #more(): Client | undefined {
    if (this.#destroyed || this.#all.length >= this.#limit) return undefined;
    const client = this.#open();
    this.#all.push(client);
    return client;
  }
}

function closed(): Error {
  return new Error('The connections have been closed');
}
