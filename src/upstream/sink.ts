import type { Writable } from 'node:stream';
import { GatewayError } from '../kernel/error.ts';
import type { BodyReader } from './body-reader.ts';

/** A body that a sink can be fed from. */
interface Source {
  read(reader: BodyReader): void;
  resume(): void;
  abandon(error: GatewayError): void;
}

/**
 * Feeds `sink` with the whole body, no faster than it takes it, and ends it. If the body breaks after its first byte
 * the sink is destroyed, so that whoever is behind it can tell; before that it is left as it is, for another answer.
 * If the sink closes early the rest of the body is given up (CLIENT_CLOSED).
 */
export function writeTo(body: Source, sink: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    if (sink.destroyed || sink.writableEnded) {
      const error = new GatewayError('CLIENT_CLOSED', 'The client went away');
      body.abandon(error);
      return reject(error);
    }
    const writer = new SinkWriter(body, sink, resolve, reject);
    body.read(writer);
  });
}

class SinkWriter implements BodyReader {
  readonly #body: Source;
  readonly #sink: Writable;
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;
  readonly #onDrain = () => this.#body.resume();
  readonly #onGone = (cause?: unknown) => this.#gone(cause);
  readonly #onFinish = () => this.#settle();
  #settled = false;
  #begun = false;

  constructor(body: Source, sink: Writable, resolve: () => void, reject: (error: Error) => void) {
    this.#body = body;
    this.#sink = sink;
    this.#resolve = resolve;
    this.#reject = reject;
    sink.on('drain', this.#onDrain);
    sink.on('finish', this.#onFinish);
    sink.on('close', this.#onGone);
    sink.on('error', this.#onGone);
  }

  write(chunk: Buffer): boolean {
    this.#begun = true;
    return this.#sink.write(chunk);
  }

  end(): void {
    this.#sink.end();
  }

  fail(error: GatewayError): void {
    this.#settle(error);
    if (this.#begun) this.#sink.destroy();
  }

  #gone(cause: unknown): void {
    const error = new GatewayError('CLIENT_CLOSED', 'The client went away', { cause });
    this.#settle(error);
    this.#body.abandon(error);
  }

  #settle(error?: GatewayError): void {
    if (this.#settled) return;
    this.#settled = true;
    const sink = this.#sink;
    sink.off('drain', this.#onDrain);
    sink.off('finish', this.#onFinish);
    sink.off('close', this.#onGone);
    sink.off('error', this.#onGone);
    // An error after this (a socket that is reset late) has nobody left to tell.
    sink.on('error', ignore);
    if (error) this.#reject(error);
    else this.#resolve();
  }
}

function ignore(): void {}
