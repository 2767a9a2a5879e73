import { Readable, type Writable } from 'node:stream';
import { GatewayError } from '../kernel/error.ts';
import type { Json } from '../kernel/json.ts';
import type { TrackedBody } from './body.ts';
import type { BodyReader } from './body-reader.ts';
import { tooLarge } from './collector.ts';
import { decodeContent, parseJson } from './content.ts';
import { writeTo } from './sink.ts';

/** A whole body in memory, or on its way there, for any number of readers: loaded once, parsed once. */
export class Content {
  readonly #service: string;
  readonly #encoding: string | undefined;
  readonly #load: (limit: number) => Promise<Buffer>;
  #bytes: Promise<Buffer> | undefined;
  #here: Buffer | undefined;
  #json: Promise<Json | undefined> | undefined;

  /** `encoding`: the `content-encoding` that the loaded bytes are still in. */
  constructor(service: string, encoding: string | undefined, load: (limit: number) => Promise<Buffer>) {
    this.#service = service;
    this.#encoding = encoding;
    this.#load = load;
  }

  /** All bytes, if they have come by way of `have`. */
  get here(): Buffer | undefined {
    return this.#here;
  }

  /** Takes all bytes, so that they need not be loaded. */
  have(bytes: Buffer): void {
    this.#here = bytes;
    this.#bytes ??= Promise.resolve(bytes);
  }

  async bytes(limit: number): Promise<Buffer> {
    this.#bytes ??= this.#load(limit);
    const bytes = await this.#bytes;
    if (bytes.length > limit) throw tooLarge(this.#service, limit);
    return bytes;
  }

  json(limit: number): Promise<Json | undefined> {
    this.#json ??= this.#parse(limit);
    return this.#json;
  }

  async #parse(limit: number): Promise<Json | undefined> {
    const bytes = await this.bytes(limit);
    const encoding = this.#encoding;
    const plain = encoding === undefined ? bytes : await decodeContent(bytes, encoding, limit, this.#service);
    return parseJson(plain, this.#service);
  }
}

/** One reader's view of a content: it can leave without the others noticing. */
export class ContentBody implements TrackedBody {
  readonly #content: Content;
  #leave: ((error: GatewayError) => void) | undefined;
  #gone: GatewayError | undefined;
  #keeper: { limit: number; whole: (bytes: Buffer) => void } | undefined;
  #callbacks: (() => void)[] | undefined = [];

  constructor(content: Content) {
    this.#content = content;
  }

  get length(): undefined {
    return undefined;
  }

  onDone(callback: () => void): void {
    if (this.#callbacks) this.#callbacks.push(callback);
    else callback();
  }

  keep(limit: number, whole: (bytes: Buffer) => void): void {
    this.#keeper = { limit, whole };
  }

  bytes(limit: number): Promise<Buffer> {
    return this.#unlessGone(this.#content.bytes(limit));
  }

  json(limit: number): Promise<Json | undefined> {
    return this.#unlessGone(this.#content.json(limit));
  }

  pipe(sink: Writable): Promise<void> {
    return writeTo(this, sink);
  }

  stream(): Readable {
    const readable = new Readable({
      read: ignore,
      destroy: (error, callback) => {
        this.discard();
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
    this.abandon(new GatewayError('CLIENT_CLOSED', 'The answer is not wanted any more'));
  }

  abandon(error: GatewayError): void {
    if (this.#callbacks === undefined) return;
    this.#gone = error;
    this.#leave?.(error);
    this.#finish();
  }

  /** Gives everything at once: it is in memory anyway. Before this returns, if it is there now. */
  read(reader: BodyReader): void {
    const { here } = this.#content;
    if (here !== undefined && this.#gone === undefined) {
      this.#keep();
      this.#finish();
      if (here.length > 0) reader.write(here);
      reader.end();
      return;
    }
    this.bytes(Number.POSITIVE_INFINITY).then(
      (bytes) => {
        if (bytes.length > 0) reader.write(bytes);
        reader.end();
      },
      (error: GatewayError) => reader.fail(error),
    );
  }

  resume(): void {}

  #unlessGone<T>(value: Promise<T>): Promise<T> {
    if (this.#gone) {
      value.catch(ignore);
      return Promise.reject(this.#gone);
    }
    return new Promise((resolve, reject) => {
      this.#leave = reject;
      value
        .then((result) => {
          this.#keep();
          resolve(result);
        }, reject)
        .finally(() => this.#finish());
    });
  }

  /** Only once somebody has loaded the content: keeping must not decide with which limit that is done. */
  #keep(): void {
    const keeper = this.#keeper;
    if (keeper) this.#content.bytes(keeper.limit).then(keeper.whole, ignore);
  }

  #finish(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = undefined;
    for (const callback of callbacks ?? []) callback();
  }
}

function ignore(): void {}
