import { Readable, type Writable } from 'node:stream';
import type { Json } from '../kernel/json.ts';
import type { TrackedBody } from './body.ts';
import type { BodyReader } from './body-reader.ts';
import { tooLarge } from './collector.ts';
import { Content } from './content-body.ts';
import { writeTo } from './sink.ts';

/** A body that is kept in memory, and what it was parsed to, once somebody has wanted that. */
export class KeptContent {
  readonly bytes: Buffer;
  readonly service: string;
  /** The `content-encoding` that the bytes are in. */
  readonly encoding: string | undefined;
  readonly content: Content;

  constructor(service: string, encoding: string | undefined, bytes: Buffer) {
    this.bytes = bytes;
    this.service = service;
    this.encoding = encoding;
    this.content = new Content(service, encoding, () => Promise.resolve(bytes));
  }
}

/** One reader's view of a kept body. It occupies nobody, so that it is done with from the start. */
export class KeptBody implements TrackedBody {
  readonly #kept: KeptContent;

  constructor(kept: KeptContent) {
    this.#kept = kept;
  }

  /** What several readers can share. */
  get content(): Content {
    return this.#kept.content;
  }

  get length(): number {
    return this.#kept.bytes.length;
  }

  onDone(callback: () => void): void {
    callback();
  }

  keep(limit: number, whole: (bytes: Buffer) => void): void {
    const { bytes } = this.#kept;
    if (bytes.length <= limit) whole(bytes);
  }

  bytes(limit: number): Promise<Buffer> {
    const { bytes, service } = this.#kept;
    return bytes.length > limit ? Promise.reject(tooLarge(service, limit)) : Promise.resolve(bytes);
  }

  json(limit: number): Promise<Json | undefined> {
    return this.#kept.content.json(limit);
  }

  pipe(sink: Writable): Promise<void> {
    return writeTo(this, sink);
  }

  stream(): Readable {
    const { bytes } = this.#kept;
    return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
  }

  /** Gives everything before it returns. */
  read(reader: BodyReader): void {
    const { bytes } = this.#kept;
    if (bytes.length > 0) reader.write(bytes);
    reader.end();
  }

  resume(): void {}

  discard(): void {}

  abandon(): void {}
}
