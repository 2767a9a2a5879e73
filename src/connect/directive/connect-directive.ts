import type { Position } from '../../kernel/problem.ts';
import type { ConnectVersion } from '../mapping/mapping.ts';
import type { HeaderRule } from './read-headers.ts';
import type { SdlText } from './sdl-text.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `errors` of `@source` or `@connect`: mappings that run on a failed answer. */
export interface ErrorTexts {
  readonly message: SdlText | undefined;
  readonly extensions: SdlText | undefined;
}

/** One `@source` as it is written. */
export interface SourceDirective {
  readonly name: string;
  readonly at: Position;
  readonly version: ConnectVersion;
  readonly baseUrl: SdlText | undefined;
  readonly headers: readonly HeaderRule[];
  readonly path: SdlText | undefined;
  readonly queryParams: SdlText | undefined;
  readonly errors: ErrorTexts;
  readonly isSuccess: SdlText | undefined;
}

export interface ConnectHttp {
  readonly at: Position;
  readonly method: HttpMethod;
  readonly url: SdlText;
  readonly body: SdlText | undefined;
  readonly headers: readonly HeaderRule[];
  readonly path: SdlText | undefined;
  readonly queryParams: SdlText | undefined;
}

/** One `@connect` as it is written. */
export interface ConnectDirective {
  readonly at: Position;
  readonly version: ConnectVersion;
  readonly source: SdlText | undefined;
  readonly id: string | undefined;
  /** Undefined: a connector that calls nobody (v0.4). */
  readonly http: ConnectHttp | undefined;
  readonly selection: SdlText;
  readonly entity: { readonly value: boolean; readonly at: Position } | undefined;
  readonly maxBatch: { readonly value: number; readonly at: Position } | undefined;
  readonly errors: ErrorTexts;
  readonly isSuccess: SdlText | undefined;
}
