import type { ServerResponse } from 'node:http';
import { answer } from './answer.ts';
import { GatewayResponse, type ReadyParts } from './gateway-response.ts';
import type { Inbound } from './inbound.ts';
import { ReadyHead } from './ready-head.ts';
import { toLines } from './response-headers.ts';
import { RoomyBody } from './roomy-body.ts';

/** Characters of a text that is cheaper to send along with the head than as bytes of its own. */
const SHORT = 2048;
/** Bytes of a body that a connection mostly takes in one go; of a larger one it would keep the copy that it is sent from. */
const MODERATE = 32_768;

/**
 * An answer that is the same for many: what does not depend on who gets it is made once. `headers` are flat, each name
 * once, without `Content-Length` and any of `OWN_NAMES`; the status is one that has a body.
 */
export class ReadyAnswer {
  readonly #status: number;
  readonly #headers: readonly string[];
  readonly #text: string;
  #made: ReadyParts | undefined;

  constructor(status: number, headers: readonly string[], text: string) {
    this.#status = status;
    this.#headers = headers;
    this.#text = text;
  }

  /** The same as `send`, without a response for who needs none. */
  sendTo(inbound: Inbound): void {
    this.#made ??= make(this.#headers, this.#text);
    if (inbound.repeated?.sendReady(this.#status, this.#made) !== true) this.send(inbound.response);
  }

  /** Does nothing if an answer has begun or the client has gone. */
  send(response: ServerResponse): void {
    if (response.headersSent || response.destroyed) return;
    this.#made ??= make(this.#headers, this.#text);
    const isSent =
      response instanceof GatewayResponse &&
      response.req.method !== 'HEAD' &&
      response.endReady(this.#status, this.#made);
    if (isSent) return;
    const { body } = this.#made;
    answer(response, this.#status, this.#headers, body instanceof RoomyBody ? body.bytes : body);
  }
}

function make(headers: readonly string[], text: string): ReadyParts {
  const bytes = Buffer.byteLength(text);
  const isPlain = bytes === text.length && bytes <= SHORT;
  const body = isPlain ? text : bytes <= MODERATE ? new RoomyBody(text) : Buffer.from(text);
  return {
    lines: toLines(headers),
    length: ['Content-Length', String(bytes)],
    body,
    head: new ReadyHead(),
  };
}
