import type { Writable } from 'node:stream';
import { GatewayError } from '../kernel/error.ts';
import type { BodyReader } from './body-reader.ts';

/** A body that a sink can be fed from. */
interface Source {
  read(reader: BodyReader): void;
  resume(): void;
  abandon(error: GatewayError): void;
}

const DONE: Promise<void> = Promise.resolve();

/**
 * Feeds `sink` with the whole body, no faster than it takes it, and ends it. If the body breaks after its first byte
 * the sink is destroyed, so that whoever is behind it can tell; before that it is left as it is, for another answer.
 * If the sink closes early the rest of the body is given up (CLIENT_CLOSED).
 *
 * What is here already is written before this returns. If that is all, it goes out with the end in one write, and the
 * promise is a resolved one; else it resolves when the sink has finished.
 */
export function writeTo(body: Source, sink: Writable): Promise<void> {
  if (sink.destroyed || sink.writableEnded) {
    const error = new GatewayError('CLIENT_CLOSED', 'The client went away');
    body.abandon(error);
    return Promise.reject(error);
  }
  const writer = new SinkWriter(body, sink);
  body.read(writer);
  if (!writer.ended) return writer.goOn();
  sink.on('error', ignore);
  return DONE;
}

class SinkWriter implements BodyReader {
  readonly #body: Source;
  readonly #sink: Writable;
  /** The first chunk, as long as it may be the only one. */
  #held: Buffer | undefined;
  #holds = true;
  #begun = false;
  #ended = false;
  #failure: GatewayError | undefined;
  #settle: ((error?: GatewayError) => void) | undefined;

  constructor(body: Source, sink: Writable) {
    this.#body = body;
    this.#sink = sink;
  }

  /** Everything has been written. */
  get ended(): boolean {
    return this.#ended;
  }

  write(chunk: Buffer): boolean {
    if (this.#holds && this.#held === undefined) {
      this.#held = chunk;
      return true;
    }
    this.#letGo();
    return this.#sink.write(chunk);
  }

  end(): void {
    this.#ended = true;
    if (this.#held === undefined) this.#sink.end();
    else this.#sink.end(this.#held);
  }

  fail(error: GatewayError): void {
    this.#failure = error;
    this.#settle?.(error);
    if (this.#begun) this.#sink.destroy();
  }

  /** Takes the rest as it comes, once `read` has given what was here. Resolves when the sink has finished. */
  goOn(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#held) this.#letGo();
    this.#holds = false;
    return new Promise((resolve, reject) => this.#watch(resolve, reject));
  }

  #letGo(): void {
    const held = this.#held;
    this.#begun = true;
    this.#holds = false;
    this.#held = undefined;
    if (held) this.#sink.write(held);
  }

  #watch(resolve: () => void, reject: (error: Error) => void): void {
    const sink = this.#sink;
    const onDrain = () => this.#body.resume();
    const onFinish = () => this.#settle?.();
    const onGone = (cause?: unknown) => {
      const error = new GatewayError('CLIENT_CLOSED', 'The client went away', { cause });
      this.#settle?.(error);
      this.#body.abandon(error);
    };
    this.#settle = (error) => {
      this.#settle = undefined;
      sink.off('drain', onDrain);
      sink.off('finish', onFinish);
      sink.off('close', onGone);
      sink.off('error', onGone);
      // An error after this (a socket that is reset late) has nobody left to tell.
      sink.on('error', ignore);
      if (error) reject(error);
      else resolve();
    };
    sink.on('drain', onDrain);
    sink.on('finish', onFinish);
    sink.on('close', onGone);
    sink.on('error', onGone);
  }
}

function ignore(): void {}
