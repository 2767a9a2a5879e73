import { GatewayError } from '../kernel/error.ts';
import type { BodyReader } from './body-reader.ts';

/** A body that can be given up. */
interface Source {
  abandon(error: GatewayError): void;
}

/** Takes a whole body into memory, unless it has more than `limit` bytes. */
export class Collector implements BodyReader {
  readonly #source: Source;
  readonly #service: string;
  readonly #limit: number;
  readonly #resolve: (bytes: Buffer) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(
    source: Source,
    service: string,
    limit: number,
    resolve: (bytes: Buffer) => void,
    reject: (error: Error) => void,
  ) {
    this.#source = source;
    this.#service = service;
    this.#limit = limit;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  write(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size <= this.#limit) this.#chunks.push(chunk);
    else this.#source.abandon(tooLarge(this.#service, this.#limit));
    return true;
  }

  end(): void {
    if (this.#size > this.#limit) this.#reject(tooLarge(this.#service, this.#limit));
    else this.#resolve(joined(this.#chunks));
  }

  fail(error: GatewayError): void {
    this.#reject(error);
  }
}

/** One piece is not copied. */
export function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** UPSTREAM_INVALID for an answer of more than `limit` bytes. */
export function tooLarge(service: string, limit: number): GatewayError {
  return new GatewayError('UPSTREAM_INVALID', `The answer of ${service} is larger than ${limit} bytes`, {
    service,
  });
}
