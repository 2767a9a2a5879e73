import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { GatewayError } from '../kernel/error.ts';
import { getHeader } from '../kernel/headers.ts';

/** Bytes of an unwanted body that are read and dropped, so that the client gets to read the answer first. */
const LINGER_BYTES = 16 * 1024 ** 2;

/** Bytes on their way from the client to whoever reads. */
const IN_FLIGHT = 64 * 1024;

/** Whether a body follows the headers (RFC 9112, 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  // Node makes `headers` only when it is asked for; for two names it isn't worth that.
  const { rawHeaders } = request;
  if (getHeader(rawHeaders, 'transfer-encoding') !== undefined) return true;
  const length = getHeader(rawHeaders, 'content-length');
  return length !== undefined && Number(length) > 0;
}

/**
 * The client's body as a stream with back-pressure. It stands between the client's socket and whoever reads, because
 * whoever reads destroys it when a call fails, and the socket is still needed for the answer. The guard bounds its
 * length. If the client goes away it fails with CLIENT_CLOSED.
 */
export class RequestBody extends Readable {
  readonly #source: IncomingMessage;

  constructor(source: IncomingMessage) {
    super({ highWaterMark: IN_FLIGHT });
    this.#source = source;
    source.pause();
    source.on('data', this.#onData);
    source.on('end', this.#onEnd);
    source.on('error', this.#onBroken);
    source.on('close', this.#onBroken);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#release();
    discardRest(this.#source);
    callback(error);
  }

  #release(): void {
    this.#source.off('data', this.#onData);
    this.#source.off('end', this.#onEnd);
    this.#source.off('error', this.#onBroken);
    this.#source.off('close', this.#onBroken);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#source.pause();
  };

  readonly #onEnd = (): void => {
    this.#release();
    this.push(null);
  };

  readonly #onBroken = (cause?: Error): void => {
    this.destroy(new GatewayError('CLIENT_CLOSED', 'The client went away', { cause }));
  };
}

/** All of the client's body, as long as the guard lets it be. Throws CLIENT_CLOSED if it breaks off. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of new RequestBody(request)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Reads on and drops what is left of a body that nobody wants. An answer that went out while the client still sends
 * is lost if the connection is closed under it, so some bytes are let through; a client that goes on is cut off.
 */
function discardRest(request: IncomingMessage): void {
  if (request.destroyed || request.readableEnded) return;
  let dropped = 0;
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) request.destroy();
  });
  request.on('error', () => {});
  request.resume();
}
