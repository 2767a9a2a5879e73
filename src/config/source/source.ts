import type { Position, Problem } from '../../kernel/problem.ts';

/** Keys and list indexes that lead from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** Where things stand in a configuration file. */
export interface Positions {
  /** The file's name as the user gave it. */
  readonly file: string;
  /** Where the value at `path` begins; the nearest key above it if it is not in the file. */
  at(path: Path): Position;
  /** Where the last key of `path` begins (a list item: the item); the nearest key above it if it is not in the file. */
  key(path: Path): Position;
}

/** A configuration file's text, read but not yet judged. */
export interface Source {
  /** Plain data; undefined if the text is not one readable document. */
  readonly value: unknown;
  readonly positions: Positions;
  /** Tells of a scalar that environment variables went into: what it was and which ones. */
  substituted(path: Path): SubstitutedScalar | undefined;
  /** True if `problems` tells already why there is no value at exactly this path. */
  isBroken(path: Path): boolean;
  readonly problems: readonly Problem[];
}

export interface SubstitutedScalar {
  /** The text before it was taken for a number, a boolean or null. */
  readonly text: string;
  readonly names: readonly string[];
}
