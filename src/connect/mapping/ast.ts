import type { Json } from '../../kernel/json.ts';

/*
 * The tree of a mapping, as the parser builds it. Offsets count UTF-16 units of the mapping's text.
 * One tree serves all versions of the specification: what a version forbids, the parser reports.
 */

/** A mapping as a whole: named fields (`id name`), or one value (`$.items { id }`, `$args.id`). */
export type MappingTree =
  | { readonly kind: 'fields'; readonly selection: SubSelection }
  | { readonly kind: 'value'; readonly value: Expression };

export type Expression =
  | LiteralExpression
  | ArrayExpression
  | ObjectExpression
  | PathExpression
  | ChainExpression;

export interface LiteralExpression {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null;
  readonly offset: number;
}

export interface ArrayExpression {
  readonly kind: 'array';
  readonly items: readonly Expression[];
  readonly offset: number;
}

/** `{ a: 1, b }` where a value is expected: new properties, but `$` and `@` stay what they are outside. */
export interface ObjectExpression {
  readonly kind: 'object';
  readonly selection: SubSelection;
  readonly offset: number;
}

/** A head, any number of steps, and perhaps fields chosen from where they lead. */
export interface PathExpression {
  readonly kind: 'path';
  readonly head: PathHead;
  readonly steps: readonly PathStep[];
  readonly selection: SubSelection | undefined;
  readonly offset: number;
}

/** `a ?? b ?? c`: the first that is neither missing nor null; with `?!` the first that isn't missing. */
export interface ChainExpression {
  readonly kind: 'chain';
  readonly operator: '??' | '?!';
  readonly operands: readonly Expression[];
  readonly offset: number;
}

export type PathHead =
  /** `name…`: a property of `$`. */
  | { readonly kind: 'key'; readonly name: string; readonly offset: number }
  /** `$`: what the closest enclosing sub-selection was applied to. */
  | { readonly kind: 'dollar'; readonly offset: number }
  /** `@`: the value a method was applied to. */
  | { readonly kind: 'at'; readonly offset: number }
  /** `$args`, or a name bound by `->as($name)`; the name has its `$`. */
  | { readonly kind: 'variable'; readonly name: string; readonly offset: number }
  /** `$(…)`, or a literal with steps behind it. */
  | { readonly kind: 'expression'; readonly value: Expression; readonly offset: number };

export type PathStep =
  | { readonly kind: 'key'; readonly name: string; readonly offset: number }
  | {
      readonly kind: 'method';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly offset: number;
    }
  /** `?`: null becomes missing, and nothing is said about what is missing. */
  | { readonly kind: 'optional'; readonly offset: number };

export interface SubSelection {
  readonly items: readonly SelectionItem[];
  readonly offset: number;
}

export interface SelectionItem {
  readonly naming: Naming;
  readonly value: Expression;
  readonly offset: number;
}

export type Naming =
  /** `alias: value`, or a path of one key, which names its own output. */
  | { readonly kind: 'named'; readonly name: string; readonly offset: number }
  /** `...value`, or a longer path with a sub-selection: its properties join those around it. */
  | { readonly kind: 'spread'; readonly explicit: boolean }
  /** A path that has no name to give: allowed only where it stands alone. */
  | { readonly kind: 'anonymous' };

/** A value of literals alone, so known before anything runs; undefined if it is not. */
export function literalValue(expression: Expression): Json | undefined {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind !== 'array') return undefined;
  const items: Json[] = [];
  for (const item of expression.items) {
    const value = literalValue(item);
    if (value === undefined) return undefined;
    items.push(value);
  }
  return items;
}
