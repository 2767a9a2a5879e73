import type { Json } from '../../kernel/json.ts';
import type { MappingObserver, Variables } from './mapping.ts';

/** What one run of a mapping carries along. */
export interface Frame {
  readonly variables: Variables;
  /** Values of names bound by `->as`, by the slot the compiler gave them. */
  readonly locals: (Json | undefined)[];
  readonly observe: MappingObserver | undefined;
  /** How many lists within lists the run is in. */
  depth: number;
}

/** A compiled expression: `at` is `@`, `dollar` is `$`. Missing is undefined. Never throws. */
export type Evaluate = (at: Json, dollar: Json, frame: Frame) => Json | undefined;

/** Where in the text a method stands, for the observer. */
export interface CallSite {
  readonly name: string;
  readonly offset: number;
}

/** What a literal argument must be; only literals can be checked before anything runs. */
export type ArgumentType =
  | 'any'
  | 'text'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'list'
  | 'key'
  | 'pair'
  | 'variable';

export interface Method {
  readonly min: number;
  readonly max: number;
  /** By position; the last one stands for all that follow. */
  readonly args: readonly ArgumentType[];
  /** What a literal must be for the method to be of use on it; absent: anything. */
  readonly input?: readonly ('string' | 'number' | 'boolean' | 'array' | 'object')[];
  readonly apply: (
    input: Json,
    args: readonly Evaluate[],
    dollar: Json,
    frame: Frame,
    site: CallSite,
  ) => Json | undefined;
}

/** Tells the observer why there is no value. */
export function missing(frame: Frame, site: CallSite, why: string): undefined {
  frame.observe?.(`->${site.name} ${why}`, site.offset);
  return undefined;
}
