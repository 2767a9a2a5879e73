import { Readable, type Writable } from 'node:stream';
import { GatewayError } from '../kernel/error.ts';
import type { Json } from '../kernel/json.ts';
import type { BodyReader } from './body-reader.ts';
import { decodeContent, parseJson } from './content.ts';
import { writeTo } from './sink.ts';
import type { Body } from './upstream.ts';

/** Bytes that are taken in before anyone reads, and that a paused reader holds. */
const READ_AHEAD = 64 * 1024;

/** A body that says when it no longer occupies the service: all of it is here, it broke, or it was let go of. */
export interface TrackedBody extends Body {
  /** Bytes that it will have, if that is known. */
  readonly length: number | undefined;
  /** Calls back once; at once if it is over already. */
  onDone(callback: () => void): void;
  /** Hands over a copy of all bytes (as `bytes` gives them) once they are here; never, if it breaks or has more than `limit`. */
  keep(limit: number, whole: (bytes: Buffer) => void): void;
  /** Breaks it off: who reads it gets `error`. */
  abandon(error: GatewayError): void;
}

/** Where the bytes come from, as their reader steers it. */
export interface BodySource {
  resume(): void;
  abort(error: GatewayError): void;
}

export interface IncomingBodyOptions {
  readonly service: string;
  /** Value of `content-encoding`, if there was one. */
  readonly encoding: string | undefined;
  /** `bytes` gives the content as it was before it was encoded, too; `json` always does. */
  readonly decodeBytes: boolean;
  /** Value of `content-length`, if the answer has a body of known length. */
  readonly length: number | undefined;
}

/** The body of an answer while it comes in from the wire: pushed by the transport, taken by one reader. */
export class IncomingBody implements TrackedBody {
  readonly #source: BodySource;
  readonly #options: IncomingBodyOptions;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #reader: BodyReader | undefined;
  #taken = false;
  #paused = false;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: GatewayError | undefined;
  #callbacks: (() => void)[] | undefined = [];
  #recorder: Recorder | undefined;

  constructor(source: BodySource, options: IncomingBodyOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Whether it is held up by its reader, so that silence is not the service's fault. */
  get paused(): boolean {
    return this.#paused;
  }

  get length(): number | undefined {
    return this.#options.length;
  }

  // For the transport.

  /** Takes a chunk in; false: pause until `resume`. */
  push(chunk: Buffer): boolean {
    if (this.#state !== 'open') return true;
    this.#recorder?.add(chunk);
    if (this.#reader) {
      this.#paused = !this.#reader.write(chunk);
    } else {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
      this.#paused = this.#pendingBytes >= READ_AHEAD;
    }
    return !this.#paused;
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#finish();
    this.#recorder?.end();
    this.#reader?.end();
  }

  fail(error: GatewayError): void {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    this.#error = error;
    this.#pending = [];
    this.#finish();
    this.#reader?.fail(error);
  }

  // For readers.

  onDone(callback: () => void): void {
    if (this.#callbacks) this.#callbacks.push(callback);
    else callback();
  }

  keep(limit: number, whole: (bytes: Buffer) => void): void {
    const { length, encoding, decodeBytes } = this.#options;
    if (this.#taken || (length !== undefined && length > limit) || (encoding !== undefined && decodeBytes))
      return;
    const recorder = new Recorder(limit, whole);
    for (const chunk of this.#pending) recorder.add(chunk);
    if (this.#state === 'ended') {
      recorder.end();
    } else {
      recorder.also = this.#recorder;
      this.#recorder = recorder;
    }
  }

  /** Hands everything, from the first byte on, to `reader`. Throws INTERNAL if somebody has read already. */
  read(reader: BodyReader): void {
    if (this.#taken) throw new GatewayError('INTERNAL', 'A body can be read only once');
    this.#taken = true;
    const error = this.#error;
    if (error) {
      reader.fail(error);
      return;
    }
    const pending = this.#pending;
    this.#pending = [];
    this.#reader = reader;
    let more = true;
    for (const chunk of pending) more = reader.write(chunk);
    if (this.#state === 'ended') reader.end();
    else if (!more) this.#paused = true;
    else this.resume();
  }

  /** Lets more bytes come, after `write` gave false. */
  resume(): void {
    if (!this.#paused || this.#state !== 'open') return;
    this.#paused = false;
    this.#source.resume();
  }

  /** Gives up on the rest because of `error`; the connection goes with it if bytes are outstanding. */
  abandon(error: GatewayError): void {
    if (this.#state !== 'open') return;
    this.fail(error);
    this.#source.abort(error);
  }

  pipe(sink: Writable): Promise<void> {
    return writeTo(this, sink);
  }

  async bytes(limit: number): Promise<Buffer> {
    const raw = await this.#collect(limit);
    const { encoding, decodeBytes, service } = this.#options;
    return encoding !== undefined && decodeBytes ? decodeContent(raw, encoding, limit, service) : raw;
  }

  async json(limit: number): Promise<Json | undefined> {
    const { encoding, service } = this.#options;
    const raw = await this.#collect(limit);
    const whole = encoding === undefined ? raw : await decodeContent(raw, encoding, limit, service);
    return parseJson(whole, service);
  }

  stream(): Readable {
    const readable = new Readable({
      highWaterMark: READ_AHEAD,
      read: () => this.resume(),
      destroy: (error, callback) => {
        this.abandon(new GatewayError('CLIENT_CLOSED', 'The reader went away', { cause: error }));
        callback(error);
      },
    });
    this.read({
      write: (chunk) => readable.push(chunk),
      end: () => readable.push(null),
      fail: (error) => readable.destroy(error),
    });
    return readable;
  }

  discard(): void {
    this.#taken = true;
    this.#pending = [];
    // Reading the rest would tie the caller's slot to a body that nobody wants: the connection is cheaper.
    this.abandon(new GatewayError('CLIENT_CLOSED', 'The answer is not wanted any more'));
  }

  #collect(limit: number): Promise<Buffer> {
    const { length, service } = this.#options;
    if (length !== undefined && length > limit) {
      this.discard();
      return Promise.reject(tooLarge(service, limit));
    }
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      this.read({
        write: (chunk) => {
          size += chunk.length;
          if (size <= limit) chunks.push(chunk);
          else this.abandon(tooLarge(service, limit));
          return true;
        },
        end: () => {
          if (size > limit) reject(tooLarge(service, limit));
          else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
        },
        fail: reject,
      });
    });
  }

  #finish(): void {
    const callbacks = this.#callbacks as (() => void)[];
    this.#callbacks = undefined;
    for (const callback of callbacks) callback();
  }
}

/** Copies a body while it passes, as long as it is not too large. */
class Recorder {
  readonly #limit: number;
  readonly #whole: (bytes: Buffer) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Another one, for another use of the same body. */
  also: Recorder | undefined;

  constructor(limit: number, whole: (bytes: Buffer) => void) {
    this.#limit = limit;
    this.#whole = whole;
  }

  add(chunk: Buffer): void {
    this.also?.add(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#limit) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  end(): void {
    this.also?.end();
    if (this.#size <= this.#limit) this.#whole(Buffer.concat(this.#chunks));
  }
}

/** UPSTREAM_INVALID for an answer of more than `limit` bytes. */
export function tooLarge(service: string, limit: number): GatewayError {
  return new GatewayError('UPSTREAM_INVALID', `The answer of ${service} is larger than ${limit} bytes`, {
    service,
  });
}
