import { Readable, type Writable } from 'node:stream';
import { GatewayError } from '../kernel/error.ts';
import type { Json } from '../kernel/json.ts';
import type { BodyReader } from './body-reader.ts';
import { Collector, joined, tooLarge } from './collector.ts';
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
  /** Somebody waits for the end of a body that is not all here: from now on its source must not be silent for ever. */
  watch(): void;
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
  /** What came before a reader did: nothing, mostly all of it in one piece, or several. */
  #pending: Buffer[] | undefined;
  #pendingBytes = 0;
  #reader: BodyReader | undefined;
  #taken = false;
  #paused = false;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: GatewayError | undefined;
  #callbacks: (() => void)[] | undefined;
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
      if (this.#pending) this.#pending.push(chunk);
      else this.#pending = [chunk];
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
    this.#pending = undefined;
    this.#finish();
    this.#reader?.fail(error);
  }

  // For readers.

  onDone(callback: () => void): void {
    if (this.#state !== 'open') {
      callback();
    } else if (this.#callbacks) {
      this.#callbacks.push(callback);
    } else {
      this.#callbacks = [callback];
      this.#source.watch();
    }
  }

  keep(limit: number, whole: (bytes: Buffer) => void): void {
    const { length, encoding, decodeBytes } = this.#options;
    if (this.#taken || (length !== undefined && length > limit) || (encoding !== undefined && decodeBytes))
      return;
    const recorder = new Recorder(limit, whole);
    for (const chunk of this.#pending ?? []) recorder.add(chunk);
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
    this.#pending = undefined;
    this.#reader = reader;
    let more = true;
    if (pending) for (const chunk of pending) more = reader.write(chunk);
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

  bytes(limit: number): Promise<Buffer> {
    const { encoding, decodeBytes, service } = this.#options;
    const raw = this.#collect(limit);
    if (encoding === undefined || !decodeBytes) return raw;
    return raw.then((bytes) => decodeContent(bytes, encoding, limit, service));
  }

  json(limit: number): Promise<Json | undefined> {
    const { encoding, service } = this.#options;
    if (encoding === undefined) {
      const whole = this.#whole(limit);
      return whole ? this.#parse(whole) : this.#collect(limit).then((bytes) => parseJson(bytes, service));
    }
    return this.#collect(limit)
      .then((bytes) => decodeContent(bytes, encoding, limit, service))
      .then((bytes) => parseJson(bytes, service));
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
    this.#pending = undefined;
    // Reading the rest would tie the caller's slot to a body that nobody wants: the connection is cheaper.
    this.abandon(new GatewayError('CLIENT_CLOSED', 'The answer is not wanted any more'));
  }

  #collect(limit: number): Promise<Buffer> {
    const { length, service } = this.#options;
    if (length !== undefined && length > limit) {
      this.discard();
      return Promise.reject(tooLarge(service, limit));
    }
    const whole = this.#whole(limit);
    if (whole) return Promise.resolve(whole);
    return new Promise((resolve, reject) => {
      this.read(new Collector(this, service, limit, resolve, reject));
    });
  }

  /** Takes everything, if it is here already and nobody has taken it. */
  #whole(limit: number): Buffer | undefined {
    if (this.#state !== 'ended' || this.#taken || this.#pendingBytes > limit) return undefined;
    const pending = this.#pending ?? [];
    this.#taken = true;
    this.#pending = undefined;
    return joined(pending);
  }

  async #parse(whole: Buffer): Promise<Json | undefined> {
    return parseJson(whole, this.#options.service);
  }

  #finish(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = undefined;
    if (callbacks) for (const callback of callbacks) callback();
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
