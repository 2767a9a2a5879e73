import type { ServerResponse } from 'node:http';

/**
 * Ends an answer whose client has taken no byte of it for `timeout` milliseconds although some are waiting: such a
 * client would hold a connection, and one to the service behind it, for ever. Where nothing waits, nothing is wrong:
 * an event stream may be silent as long as it likes. A timeout of 0 is none.
 */
export function endForSlowReader(response: ServerResponse, timeout: number): void {
  if (timeout === 0) return;
  // Node tells once; and it sees for itself whether a long write is moving.
  response.setTimeout(timeout, () => {
    const { socket } = response;
    if (socket === null || socket === undefined) return;
    if (response.headersSent && socket.writableLength > 0) response.destroy();
    else socket.setTimeout(timeout);
  });
}
