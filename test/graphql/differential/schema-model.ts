/** A type as a field has it: named, or a list of such; `!` or not at each level. */
export type TypeExpression =
  | { readonly named: string; readonly nonNull: boolean }
  | { readonly item: TypeExpression; readonly nonNull: boolean };

/** How a value stands in an answer, and so how a mapping gets at it. */
export type Wire =
  | 'plain'
  | 'alias'
  | 'path'
  | 'spread'
  | 'coalesce'
  | 'first'
  | 'match'
  | 'map'
  | 'literal'
  | 'flat'
  | 'context';

export interface FieldModel {
  readonly name: string;
  readonly type: TypeExpression;
  readonly of: 'leaf' | 'plain' | 'entity' | 'abstract';
  readonly wire: Wire;
  readonly args: readonly ArgumentModel[];
  /** Of its own; none: it is taken from its object. */
  readonly connectors: readonly ConnectorModel[];
  /** Directives as they are written after the type. */
  readonly policy: string;
  /** Of an entity: by number, the ways that give it. */
  readonly ways: readonly number[];
  /** Of a reference to an entity: leaves that come with the key. */
  readonly fat: readonly string[];
}

export interface ArgumentModel {
  readonly name: string;
  readonly type: string;
  readonly initial: string | undefined;
}

export interface ObjectModel {
  readonly name: string;
  readonly kind: 'plain' | 'entity';
  readonly interfaces: string[];
  readonly fields: FieldModel[];
  /** Paths; empty if there is none. */
  readonly key: readonly (readonly string[])[];
  /** Another key that only an answer to the first one gives. */
  readonly secondKey: string | undefined;
  /** On the type itself. */
  readonly connectors: ConnectorModel[];
  readonly policy: string;
}

export interface AbstractModel {
  readonly name: string;
  readonly kind: 'interface' | 'union';
  readonly members: readonly string[];
  readonly fields: readonly FieldModel[];
  /** `__typename` is chosen by a `->match`, or is taken from the data as it is. */
  readonly matched: boolean;
}

/** One `@connect`: how it is written, and what its service answers with. */
export interface ConnectorModel {
  /** Its endpoint is `/c<number>`; undefined: it calls nobody. */
  readonly number: number | undefined;
  /** Everything between the brackets of `@connect(…)`. */
  readonly text: string;
  readonly answer: AnswerModel | undefined;
}

export interface AnswerModel {
  /** `value`: of a type; `batch`: entities by their keys; `single`: one entity by its key. */
  readonly kind: 'value' | 'batch' | 'single';
  readonly type: TypeExpression;
  /** With `batch` and `single`: the fields that the key is made of, and where it stands in a request. */
  readonly key: readonly (readonly string[])[];
  readonly keyIn: 'path' | 'query' | 'joined' | 'body';
  /** Properties around the value. */
  readonly envelope: readonly string[];
  readonly mutates: boolean;
}

export interface SchemaModel {
  readonly objects: readonly ObjectModel[];
  readonly abstracts: readonly AbstractModel[];
  readonly queries: readonly FieldModel[];
  readonly mutations: readonly FieldModel[];
  /** Arguments of `@source` beside name and http. */
  readonly source: string;
  /** By number. */
  readonly connectors: readonly ConnectorModel[];
}

export const LEAVES = ['String', 'Int', 'ID', 'Boolean', 'Float', 'Mood', 'Any'] as const;
export type LeafName = (typeof LEAVES)[number];
export const MOODS = ['GOOD', 'BAD', 'constructor'] as const;

export function namedOf(type: TypeExpression): string {
  return 'named' in type ? type.named : namedOf(type.item);
}

export function isList(type: TypeExpression): type is TypeExpression & { readonly item: TypeExpression } {
  return 'item' in type;
}

export function printType(type: TypeExpression): string {
  const bare = 'named' in type ? type.named : `[${printType(type.item)}]`;
  return type.nonNull ? `${bare}!` : bare;
}

export function objectNamed(model: SchemaModel, name: string): ObjectModel | undefined {
  return model.objects.find((one) => one.name === name);
}

export function abstractNamed(model: SchemaModel, name: string): AbstractModel | undefined {
  return model.abstracts.find((one) => one.name === name);
}
