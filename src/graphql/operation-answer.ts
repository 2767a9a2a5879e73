import type { ExecutionFailure } from './executor.ts';
import type { FallbackNote } from './operation.ts';

/** An error as a client sees it; the members in the order in which they are written. */
export interface ShownError {
  readonly message: string;
  readonly locations?: NonNullable<ExecutionFailure['locations']>;
  readonly path?: NonNullable<ExecutionFailure['path']>;
  readonly extensions: { readonly [name: string]: unknown };
}

/** Characters of a text that may as well go out together with the head of the answer. */
const SHORT = 2048;

/** An operation's answer, ready for the client. Several requests may share one, and it is written once for all. */
export class OperationAnswer {
  /** JSON text of `data`; undefined: nothing ran, and the errors say why. */
  readonly data: string | undefined;
  readonly errors: readonly ShownError[];
  readonly fallbacks: readonly FallbackNote[];
  /** What is behind the first error, for a door that shows errors in its own way; never for a client as it is. */
  readonly cause: Error | undefined;
  #text: string | undefined;
  #bytes: Buffer | undefined;

  constructor(parts: {
    readonly data?: string | undefined;
    readonly errors: readonly ShownError[];
    readonly fallbacks?: readonly FallbackNote[];
    readonly cause?: Error | undefined;
  }) {
    this.data = parts.data;
    this.errors = parts.errors;
    this.fallbacks = parts.fallbacks ?? [];
    this.cause = parts.cause;
  }

  /** HTTP status: a well-formed answer has 200, whatever its errors say of upstreams (GraphQL over HTTP, "Status Codes"). */
  get status(): 200 | 400 | 500 {
    if (this.data !== undefined) return 200;
    return this.errors.some(({ extensions }) => extensions.code === 'INTERNAL') ? 500 : 400;
  }

  /** The JSON text of the whole answer: errors, data, extensions, each only if there is any. */
  get text(): string {
    this.#text ??= this.#write();
    return this.#text;
  }

  /** The same as it is best sent: a long text in UTF-8, made once for all. */
  get body(): Buffer | string {
    if (this.text.length <= SHORT) return this.text;
    this.#bytes ??= Buffer.from(this.text);
    return this.#bytes;
  }

  #write(): string {
    const { data, errors, fallbacks } = this;
    if (data === undefined) return `{"errors":${JSON.stringify(errors)}}`;
    const before = errors.length === 0 ? '' : `"errors":${JSON.stringify(errors)},`;
    const after = fallbacks.length === 0 ? '' : `,"extensions":{"fallbacks":${JSON.stringify(fallbacks)}}`;
    return `{${before}"data":${data}${after}}`;
  }
}
