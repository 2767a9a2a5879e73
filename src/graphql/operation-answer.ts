import { ReadyAnswer } from '../guard/ready-answer.ts';
import { FALLBACK_HEADER, fallbackKind } from '../policy/fallback-header.ts';
import type { ExecutionFailure } from './executor.ts';
import type { AnswerType } from './media-type.ts';
import type { FallbackNote } from './operation.ts';

/** An error as a client sees it; the members in the order in which they are written. */
export interface ShownError {
  readonly message: string;
  readonly locations?: NonNullable<ExecutionFailure['locations']>;
  readonly path?: NonNullable<ExecutionFailure['path']>;
  readonly extensions: { readonly [name: string]: unknown };
}

/** An operation's answer, ready for the client. Several requests may share one, and it is written once for all. */
export class OperationAnswer {
  /** JSON text of `data`; undefined: nothing ran, and the errors say why. */
  readonly data: string | undefined;
  readonly errors: readonly ShownError[];
  readonly fallbacks: readonly FallbackNote[];
  /** What is behind the first error, for a door that shows errors in its own way; never for a client as it is. */
  readonly cause: Error | undefined;
  #text: string | undefined;
  readonly #ready: { [type in AnswerType]?: ReadyAnswer } = {};

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

  /** The whole answer as a client gets it that asked for this type, as the GraphQL server would send it. */
  readyAs(type: AnswerType): ReadyAnswer {
    const known = this.#ready[type];
    if (known !== undefined) return known;
    const ready = new ReadyAnswer(this.status, answerHeaders(type, this.fallbacks), this.text);
    this.#ready[type] = ready;
    return ready;
  }

  #write(): string {
    const { data, errors, fallbacks } = this;
    if (data === undefined) return `{"errors":${JSON.stringify(errors)}}`;
    const before = errors.length === 0 ? '' : `"errors":${JSON.stringify(errors)},`;
    const after = fallbacks.length === 0 ? '' : `,"extensions":{"fallbacks":${JSON.stringify(fallbacks)}}`;
    return `{${before}"data":${data}${after}}`;
  }
}

function answerHeaders(type: AnswerType, fallbacks: readonly FallbackNote[]): string[] {
  const kind = fallbackKind(fallbacks);
  const fallback = kind === undefined ? [] : [FALLBACK_HEADER, kind];
  return [...fallback, 'Content-Type', `${type}; charset=utf-8`, 'Vary', 'Accept'];
}
