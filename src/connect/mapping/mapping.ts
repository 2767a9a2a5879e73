import type { Json } from '../../kernel/json.ts';

/** A version of the Connect specification that an SDL file links to. */
export type ConnectVersion = '0.1' | '0.2' | '0.3' | '0.4';

/** Names a mapping may use for values from outside; each position allows some of them. */
export type VariableName =
  | '$args'
  | '$this'
  | '$batch'
  | '$config'
  | '$context'
  | '$env'
  | '$request'
  | '$response'
  | '$status'
  | '$user'
  | '$id';

/** What the variables stand for while a mapping runs. An absent one is like a missing property. */
export type Variables = { readonly [Name in VariableName]?: Json };

/** One use of a variable in a mapping: `$args.page.size` is `$args` with the path `['page', 'size']`. */
export interface VariableUse {
  readonly variable: VariableName;
  /** Property names, as far as they are known without running; a sub-selection gives one use per leaf. */
  readonly path: readonly string[];
  /** Where it stands, as an offset into the mapping's text. */
  readonly offset: number;
}

/** Something wrong in a mapping or template; the offset counts UTF-16 units of its text. */
export interface MappingProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly offset: number;
}

/**
 * What a mapping gives back, as far as it can be told without running it.
 * A sub-selection over a list gives a list, so `object` stands for "such an object, or a list of them".
 */
export type Shape =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, ShapeField> }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'union'; readonly of: readonly Shape[] };

export interface ShapeField {
  readonly shape: Shape;
  /** Where the output key is written, as an offset into the mapping's text. */
  readonly offset: number;
}

/** Told of each missing or mistyped value while an explained request runs. */
export type MappingObserver = (message: string, offset: number) => void;

/** A checked mapping, ready to run. Running it never throws: what is missing or mistyped is undefined. */
export interface Mapping {
  readonly source: string;
  readonly shape: Shape;
  readonly uses: readonly VariableUse[];
  /** `input` is what `$` and `@` stand for at the top: the body of an answer, or null where there is none. */
  evaluate(input: Json | undefined, variables: Variables, observe?: MappingObserver): Json | undefined;
}

export type Compiled<T> =
  | { readonly value: T; readonly problems: readonly MappingProblem[] }
  | { readonly value: undefined; readonly problems: readonly MappingProblem[] };
