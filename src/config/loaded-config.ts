import type { Problem } from '../kernel/problem.ts';
import type { Config } from './schema/config.ts';
import type { Environment } from './source/environment.ts';
import type { Positions } from './source/source.ts';

/** A configuration without a fault, and what later floors need to report faults of their own in it. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file as the user named it; for messages. */
  readonly file: string;
  /** Absolute folder of the file; relative paths inside start here. */
  readonly folder: string;
  /** What `${NAME}` saw: the real environment, and below it `.env` beside the file. */
  readonly env: Environment;
  readonly positions: Positions;
}

/** `problems` holds warnings only if there is something loaded. */
export type LoadResult =
  | { readonly loaded: LoadedConfig; readonly problems: readonly Problem[] }
  | {
      readonly loaded: undefined;
      /** What the GraphQL schema can be judged by all the same; never to be run. It has no routes. */
      readonly sketch: LoadedConfig | undefined;
      readonly problems: readonly Problem[];
    };
