import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { getHeader } from '../kernel/headers.ts';
import type { GatewayRequest } from './gateway-request.ts';
import {
  assumeHead,
  hasInnerResponse,
  hasPieceBehindBody,
  headToSend,
  innerResponse,
  type SendDone,
  sendHeadAnd,
  type WireData,
} from './inner-response.ts';
import type { ReadyHead } from './ready-head.ts';
import { OWN_NAMES } from './response-headers.ts';
import { RoomyBody } from './roomy-body.ts';
import { endForSlowReader } from './slow-reader.ts';

/** Who has something to say of every answer, and wants to know what became of it. */
export interface Answering {
  /** Headers that go out with the answer whoever makes it, flat. Asked for once. */
  headers(): string[];
  /**
   * The same as lines of a head, each with its end, first those which this answer alone has: undefined if a header has
   * to be looked at by Node.
   */
  ownLines(): string | undefined;
  /** Then those which many have. */
  readonly sharedLines: string;
  /** What it says of `Vary` in these, which stays beside what a door says; empty: nothing. */
  readonly vary: string;
  /** All of it has been given to the connection. */
  finished(): void;
  /** Nothing more happens to it. */
  closed(): void;
}

/** What is made once of an answer that many get. */
export interface ReadyParts {
  /** Of the head, without the gateway's. */
  readonly lines: string;
  /** `Content-Length` as headers, flat. */
  readonly length: readonly string[];
  /** Its text is ASCII. */
  readonly body: Buffer | RoomyBody | string;
  readonly head: ReadyHead;
}

/**
 * A response whose gateway headers are put on only when a door begins to look at headers or sends its own: where it
 * sends them all at once, so do these. A door that sets one of the same name wins.
 */
export class GatewayResponse extends ServerResponse<GatewayRequest> {
  #answering: Answering | undefined;
  #headersOwed = false;
  #readTimeout = 0;
  #isWatched = false;
  /** Head and body are being written in one go. */
  #isWhole = false;
  /** The body of such an answer, until it is written; held back for what Node writes behind it. */
  #whole: WireData | undefined;
  #isHeld = false;
  #wasReady = false;
  /** Lines of the head that go before all others. */
  #lines = '';
  #own: string[] | undefined;
  #prepared: string[] | undefined;
  /** The gateway's headers are not among the prepared ones, and go before them. */
  #isBeside = false;

  /** To be called before anything else is. `readTimeout`: see `endForSlowReader`. */
  begin(answering: Answering, readTimeout: number): void {
    this.#answering = answering;
    this.#headersOwed = true;
    this.#readTimeout = readTimeout;
  }

  /** The one whose answer it is hears of the end without listening, which would be a part of the cost of each answer. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'finish') this.#answering?.finished();
    else if (event === 'close') this.#answering?.closed();
    return super.emit(event, ...args);
  }

  /** Tells the client for how many milliseconds its connection is kept when it is not used. */
  keptFor(milliseconds: number): this {
    // Node has taken it from the server's own timeout, which is off; it only goes into the `Keep-Alive` header.
    (this as unknown as { _keepAliveTimeout: number })._keepAliveTimeout = milliseconds;
    return this;
  }

  get answering(): Answering | undefined {
    return this.#answering;
  }

  /** It has been answered by `endReady`. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** The gateway's headers have not been set yet: a head can be prepared. */
  get owesHeaders(): boolean {
    return this.#headersOwed;
  }

  /** The gateway's headers, flat, for who prepares a head with them; undefined if headers have been set already. */
  ownHeaders(): readonly string[] | undefined {
    if (!this.#headersOwed) return undefined;
    this.#own ??= this.#answering?.headers() ?? [];
    return this.#own;
  }

  /**
   * Lays down the head that goes out with the first byte of the body: all headers, flat, the gateway's (`ownHeaders`)
   * among them. Until then it can be forgotten; who looks at headers or sets one finds these. Not to be called where
   * headers have been set already.
   */
  prepareHead(status: number, headers: string[]): void {
    this.statusCode = status;
    this.#prepared = headers;
    this.#isBeside = false;
  }

  /** The same for headers without the gateway's, none of which has a name that is among `OWN_NAMES`. */
  prepareHeadBeside(status: number, headers: string[]): void {
    this.prepareHead(status, headers);
    this.#isBeside = true;
  }

  /** Forgets the prepared head and what has been added to it, for another answer. */
  forgetHead(): void {
    if (this.headersSent || this.#prepared === undefined) return;
    this.#prepared = undefined;
    if (this.#headersOwed) return;
    for (const name of super.getHeaderNames()) super.removeHeader(name);
    this.#headersOwed = true;
  }

  #allPrepared(): readonly string[] | undefined {
    const prepared = this.#prepared;
    return prepared && this.#isBeside ? this.ownHeaders()?.concat(prepared) : prepared;
  }

  #setOwed(): void {
    if (!this.#headersOwed) return;
    const headers = this.#allPrepared() ?? this.ownHeaders() ?? [];
    this.#headersOwed = false;
    for (let i = 0; i + 1 < headers.length; i += 2)
      super.appendHeader(headers[i] as string, headers[i + 1] as string);
  }

  override setHeader(name: string, value: number | string | readonly string[]): this {
    this.#setOwed();
    return super.setHeader(name, isVary(name) ? this.#withOwnVary(value) : value);
  }

  override appendHeader(name: string, value: string | readonly string[]): this {
    this.#setOwed();
    return super.appendHeader(name, value);
  }

  override getHeader(name: string): number | string | string[] | undefined {
    this.#setOwed();
    return super.getHeader(name);
  }

  override getHeaders(): OutgoingHttpHeaders {
    this.#setOwed();
    return super.getHeaders();
  }

  override getHeaderNames(): string[] {
    this.#setOwed();
    return super.getHeaderNames();
  }

  override hasHeader(name: string): boolean {
    if (this.#headersOwed && this.#prepared) {
      const lower = name.toLowerCase();
      const own = this.#isBeside && OWN_NAMES.has(lower) ? this.ownHeaders() : undefined;
      return getHeader(own ?? this.#prepared, lower) !== undefined;
    }
    this.#setOwed();
    return super.hasHeader(name);
  }

  override removeHeader(name: string): void {
    this.#setOwed();
    if (isVary(name) && this.#answering?.vary) super.setHeader(name, this.#answering.vary);
    else super.removeHeader(name);
  }

  #withOwnVary(value: number | string | readonly string[]): number | string | readonly string[] {
    const own = this.#answering?.vary ?? '';
    const named = String(value)
      .split(/[ ,]+/)
      .map((one) => one.toLowerCase());
    return own === '' || named.includes(own.toLowerCase()) ? value : `${own}, ${String(value)}`;
  }

  override writeHead(
    status: number,
    reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    if (this.#headersOwed && this.#prepared && reason === undefined) {
      if (this.#isBeside) this.#writeBeside(status, this.#prepared);
      else super.writeHead(status, this.#prepared);
      this.#headersOwed = false;
    } else {
      this.#setOwed();
      super.writeHead(status, reason as string, headers);
    }
    if (!this.#isWhole) this.#watch();
    return this;
  }

  override end(...args: unknown[]): this {
    if (!this.headersSent) this.#isWhole = true;
    if (this.#isWhole && args.length === 1) this.#keepWhole(args[0]);
    super.end(...(args as Parameters<ServerResponse['end']>));
    if (this.#isWhole) this.#watchRest();
    return this;
  }

  /** Sends the whole answer: the gateway's headers, these (flat), and the body. Throws as `writeHead` does. */
  endWhole(status: number, headers: readonly string[], body: Buffer | string | undefined): void {
    this.#isWhole = true;
    this.#writeBeside(status, headers);
    this.#keepWhole(body);
    super.end(body);
    this.#watchRest();
  }

  /**
   * Sends the whole answer, as `endWhole` does, from what has been made beforehand. Does nothing and gives false if this
   * answer is not an ordinary one.
   */
  endReady(status: number, parts: ReadyParts): boolean {
    if (!this.#headersOwed || this.#prepared !== undefined || !hasInnerResponse) return false;
    const own = this.#answering?.ownLines();
    if (own === undefined) return false;
    this.#isWhole = true;
    this.#wasReady = true;
    const piece = this.#makePiece(status, parts, own, this.#answering?.sharedLines ?? '');
    this.#headersOwed = false;
    const { body } = parts;
    if (piece === undefined) {
      const alone = body instanceof RoomyBody ? body.bytes : body;
      this.#keepWhole(alone);
      super.end(alone);
    } else {
      sendHeadAnd(this, piece);
      super.end();
      if (body instanceof RoomyBody && this.writableLength > 0) body.keep();
    }
    this.#watchRest();
    return true;
  }

  /** Makes the head, and head and body one piece if they can be. */
  #makePiece(status: number, parts: ReadyParts, own: string, shared: string): WireData | undefined {
    const { lines, length, body, head } = parts;
    const rest = head.restFor(this, shared);
    const known = rest === undefined ? undefined : joined(head.frontWith(own), rest, body);
    if (rest !== undefined && known !== undefined) {
      assumeHead(this, status, rest);
      return known;
    }
    this.#lines = own + shared + lines;
    super.writeHead(status, length as string[]);
    this.#lines = '';
    const made = headToSend(this);
    if (made === undefined) return undefined;
    if (rest === undefined) head.learn(this, made, own, shared);
    return joined(made, '', body);
  }

  /** Makes the head of the gateway's headers, if they are owed, and these. Throws as `writeHead` does. */
  #writeBeside(status: number, headers: readonly string[]): void {
    const lines = this.#headersOwed && hasInnerResponse ? this.#answeringLines() : undefined;
    try {
      this.#lines = lines ?? '';
      const own = lines === undefined ? this.ownHeaders() : undefined;
      super.writeHead(status, (own ? own.concat(headers) : headers) as string[]);
    } finally {
      this.#lines = '';
    }
    this.#headersOwed = false;
  }

  #answeringLines(): string | undefined {
    const answering = this.#answering;
    const own = answering?.ownLines();
    return own === undefined ? undefined : own + answering?.sharedLines;
  }

  /** The gateway's own lines are known to be well-formed: behind the first line Node looks at them no more. */
  _storeHeader(firstLine: string, headers: unknown): void {
    innerResponse._storeHeader.call(this, firstLine + this.#lines, headers);
  }

  #keepWhole(body: unknown): void {
    const isBody = typeof body === 'string' || body instanceof Uint8Array;
    if (hasPieceBehindBody && isBody && body.length > 0) this.#whole = body;
  }

  /** The body itself can tell when all is out, where Node would write an empty piece behind it for that. */
  _send(data: WireData, encoding?: BufferEncoding | null, done?: SendDone, length?: number): boolean {
    const whole = this.#whole;
    if (whole === undefined) return innerResponse._send.call(this, data, encoding, done, length);
    if (data === whole && !this.#isHeld) {
      this.#isHeld = true;
      return true;
    }
    this.#whole = undefined;
    if (this.#isHeld && data === '') return innerResponse._send.call(this, whole, undefined, done);
    if (this.#isHeld) innerResponse._send.call(this, whole);
    return innerResponse._send.call(this, data, encoding, done, length);
  }

  /** An answer that the connection has taken whole needs no watching, as nearly every one. */
  #watchRest(): void {
    const { socket } = this;
    if (socket === null || socket.writableLength > 0) this.#watch();
  }

  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    endForSlowReader(this, this.#readTimeout);
  }
}

/** Head and body in one piece, if they can be. */
export function joined(front: string, rest: string, body: ReadyParts['body']): WireData | undefined {
  if (typeof body === 'string') return front + rest + body;
  return body instanceof RoomyBody ? body.behind(front, rest) : undefined;
}

function isVary(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'vary';
}
