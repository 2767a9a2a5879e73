import type { Json, JsonObject } from '../../kernel/json.ts';

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
  /** To read single fields without building the rest; undefined if variables or spreads stand in the way. */
  readonly view: MappingView | undefined;
  /** `input` is what `$` and `@` stand for at the top: the body of an answer, or null where there is none. */
  evaluate(input: Json | undefined, variables: Variables, observe?: MappingObserver): Json | undefined;
}

/**
 * A mapping that is read field by field from the data it starts from, instead of being built as an object first:
 * what nobody asks for is never made. It gives what `Mapping.evaluate` would give at the same place, but throws the
 * engine's `RangeError` where that gives up in silence.
 */
export interface MappingView {
  /** From the body to what the fields are read from, or to the value itself. */
  readonly read: (body: Json) => Json | undefined;
  /** Undefined: what is read is the value. */
  readonly view: ObjectView | undefined;
}

/** How to look at an object: what the mapping's fields are of it. A list is looked at item by item. */
export interface ObjectView {
  readonly fields: ReadonlyMap<string, FieldView>;
  /** All fields come from the object's own properties: whatever is not an object has none, and stays what it is. */
  readonly pure: boolean;
  /** The object as `evaluate` would have made it; for what is not an object, or is wanted whole. */
  readonly build: (raw: Json) => Json | undefined;
}

export interface FieldView {
  /** The property that it simply is, if it is nothing else: the quick way. */
  readonly property: string | undefined;
  readonly read: (raw: JsonObject) => Json | undefined;
  /** How to look at what was read; undefined: it is the value. */
  readonly view: ObjectView | undefined;
  /** Written as an object of its own (`author: { id: author_id }`): never a list, and there even if all of it is null. */
  readonly literal: boolean;
}

export type Compiled<T> =
  | { readonly value: T; readonly problems: readonly MappingProblem[] }
  | { readonly value: undefined; readonly problems: readonly MappingProblem[] };
