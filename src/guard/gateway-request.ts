import { IncomingMessage } from 'node:http';
import { GatewayError } from '../kernel/error.ts';

/** Node's way to throw away what nobody has read of a request; called when its answer is out. */
const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump(this: IncomingMessage): void };

/** Somebody who waits for the whole body of a request. One of the two is called, once, and must not throw. */
export interface BodyTaker {
  takeBody(body: Buffer): void;
  /** CLIENT_CLOSED: the client has gone away before the body's end. */
  missBody(error: GatewayError): void;
}

/** Stands for one who has been told. */
const TOLD: BodyTaker = { takeBody() {}, missBody() {} };

/** Bytes under which a piece costs many times what it holds, and of the blocks that such pieces are copied into. */
const SMALL = 256;
const BLOCK = 8192;

/**
 * A request whose body lies in a list until it is known who wants it: as a stream, as Node makes it, or whole. A whole
 * one, and one that nobody wants, never see the stream, whose events are a fifth of what an exchange costs Node.
 */
export class GatewayRequest extends IncomingMessage {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** What is held last, filled up to there: small pieces, as of a body that comes in chunks of a byte. */
  #block: Buffer | undefined;
  #filled = 0;
  /** The end has come, and lies behind what is held. */
  #endHeld = false;
  /** Somebody reads the stream: nothing is held any more. */
  #streamed = false;
  #taker: BodyTaker | undefined;
  /** Bytes of body that may still come; below 0 more have come. */
  #room = Number.POSITIVE_INFINITY;
  #onOverflow: (() => void) | undefined;

  /**
   * Calls `onOverflow` once when more than `limit` bytes of body have come. Who reads sees the bytes up to there and no
   * end of them. They are counted on their way from the parser: nothing waits for it, and the stream is not set flowing.
   */
  bound(limit: number, onOverflow: () => void): void {
    this.#room = limit;
    this.#onOverflow = onOverflow;
  }

  /** Bytes are here that nobody has asked for yet. */
  get hasUnread(): boolean {
    return this.readableLength > 0 || (this.#heldBytes > 0 && this.#taker === undefined);
  }

  /**
   * Gives the whole body, however long, to `taker`; false if the stream is being read already. Not to be called twice.
   */
  takeWhole(taker: BodyTaker): boolean {
    if (this.#streamed || this.destroyed || this.readableFlowing !== null) return false;
    this.#taker = taker;
    if (this.#endHeld) this.#give();
    else if (this.#isFull()) super._read(0);
    return true;
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (this.#onOverflow && !this.#hasRoom(chunk)) return true;
    if (this.#streamed) return super.push(chunk, encoding);
    if (chunk === null) {
      this.#endHeld = true;
      if (this.#taker) this.#give();
      return false;
    }
    this.#hold(chunk);
    return this.#taker !== undefined || !this.#isFull();
  }

  /** False for what is over the limit, and for the end behind it, which would make a whole of what was cut off. */
  #hasRoom(chunk: Buffer | null): boolean {
    if (this.#room < 0) return false;
    this.#room -= chunk?.length ?? 0;
    if (this.#room >= 0) return true;
    this.#onOverflow?.();
    return false;
  }

  #hold(chunk: Buffer): void {
    this.#heldBytes += chunk.length;
    // The first one of any size stays as it is: it is mostly the only one.
    if (chunk.length >= SMALL || this.#heldBytes === chunk.length) {
      this.#seal();
      this.#held.push(chunk);
      return;
    }
    if (this.#block !== undefined && this.#filled + chunk.length > BLOCK) this.#seal();
    this.#block ??= Buffer.allocUnsafeSlow(BLOCK);
    chunk.copy(this.#block, this.#filled);
    this.#filled += chunk.length;
  }

  #seal(): void {
    if (this.#block) this.#held.push(this.#block.subarray(0, this.#filled));
    this.#block = undefined;
    this.#filled = 0;
  }

  #isFull(): boolean {
    return this.#heldBytes >= this.readableHighWaterMark;
  }

  #give(): void {
    this.#seal();
    const chunks = this.#held;
    this.#forget();
    const taker = this.#taker;
    this.#taker = TOLD;
    taker?.takeBody(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  }

  #forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#block = undefined;
    this.#filled = 0;
  }

  /** Called when somebody begins to read the stream, and whenever it wants more. */
  override _read(size: number): void {
    super._read(size);
    if (this.#streamed) return;
    this.#streamed = true;
    this.#seal();
    for (const chunk of this.#held) super.push(chunk);
    if (this.#endHeld) super.push(null);
    this.#forget();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#leave(error);
    super._destroy(error, callback);
  }

  /** Where the end has come and nobody reads there is nothing to be read to its end. */
  _dump(): void {
    if (this.#endHeld && !this.#streamed) {
      this.#forget();
      return;
    }
    this.#leave();
    dump.call(this);
  }

  #leave(cause?: unknown): void {
    const taker = this.#taker;
    if (taker === undefined) return;
    this.#taker = TOLD;
    taker.missBody(new GatewayError('CLIENT_CLOSED', 'The client went away', { cause }));
  }
}
