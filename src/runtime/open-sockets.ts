import type { Socket } from 'node:net';
import { connectionOf } from '../guard/connection.ts';

/** Looks in the time that an unused connection is kept. */
const LOOKS = 32;

/** What was seen of a connection at the last look. */
interface Seen {
  bytes: number;
  /** Looks in a row at which it did nothing. */
  quiet: number;
}

/**
 * The sockets that clients have open. One that has been used and does nothing any more is closed after `idleTimeout`
 * milliseconds, or up to a sixteenth later. Node would do that itself by a timer for each, which it sets anew with each
 * answer: that is a twentieth of what a whole request costs.
 */
export class OpenSockets {
  readonly #known = new Map<Socket, Seen>();
  readonly #interval: number;
  #isWatched = false;

  constructor(idleTimeout: number) {
    this.#interval = Math.ceil(idleTimeout / LOOKS);
  }

  add(socket: Socket): void {
    this.#known.set(socket, { bytes: 0, quiet: 0 });
    socket.once('close', () => this.#known.delete(socket));
    if (!this.#isWatched) this.#watch();
  }

  /** Closes those that have never carried anything, as browsers open them in advance. */
  closeUnused(): void {
    for (const socket of this.#known.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Node takes a connection for an idle one as long as no response has been made for what it has brought. */
  showBusy(): void {
    for (const socket of this.#known.keys()) void connectionOf(socket).latest?.response;
  }

  #watch(): void {
    this.#isWatched = this.#known.size > 0;
    if (this.#isWatched) setTimeout(this.#look, this.#interval).unref();
  }

  readonly #look = (): void => {
    for (const [socket, seen] of this.#known) if (isQuiet(socket, seen)) socket.destroy();
    this.#watch();
  };
}

/** One that is slow to send its first request, or the next one, is none of this: Node gives that a time of its own. */
function isQuiet(socket: Socket, seen: Seen): boolean {
  const { bytesRead } = socket;
  const isIdle = bytesRead > 0 && bytesRead === seen.bytes && connectionOf(socket).latest === undefined;
  seen.bytes = bytesRead;
  seen.quiet = isIdle ? seen.quiet + 1 : 0;
  return seen.quiet > LOOKS;
}
