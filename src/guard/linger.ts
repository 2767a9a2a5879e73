import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

/** Milliseconds that a client has to read the answer and stop sending. */
const LINGER = 1000;

/**
 * Closes a connection on which more is still arriving in two steps: our side ends, and what comes in is thrown away
 * for a moment. Closing at once would make the system answer the rest with a reset, and a reset makes clients lose
 * the answer that they have not read yet (RFC 9112, section 9.6). Takes effect when Node would close the socket.
 */
export function lingerOnClose(socket: Socket, clock: Clock): void {
  socket.destroySoon = () => {
    if (socket.destroyed) return;
    socket.end();
    const timer = clock.after(LINGER, () => socket.destroy());
    socket.once('end', () => socket.destroy());
    socket.once('close', () => timer.cancel());
  };
}
