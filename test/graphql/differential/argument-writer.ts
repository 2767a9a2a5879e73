import {
  type GraphQLArgument,
  type GraphQLInputType,
  getNamedType,
  isListType,
  isNonNullType,
  isRequiredArgument,
} from 'graphql';
import { type Choice, happens, pick, pickOf } from './choice.ts';

interface Variable {
  readonly type: string;
  readonly initial: string | undefined;
  /** Undefined: not given. */
  readonly value: unknown;
}

/** Literals and the JSON that means the same, by named type; the last ones are no good as variables. */
const VALUES: Readonly<Record<string, readonly (readonly [text: string, json: unknown])[]>> = {
  Int: [
    ['1', 1],
    ['0', 0],
    ['-7', -7],
    ['2147483647', 2147483647],
  ],
  String: [
    ['"s"', 's'],
    ['""', ''],
    ['"a&b=c/d ?#\\u2028"', 'a&b=c/d ?#\u2028'],
    ['"""block"""', 'block'],
  ],
  ID: [
    ['"1"', '1'],
    ['2', 2],
    ['"no/such"', 'no/such'],
    ['3', '3'],
    ['"c1"', 'c1'],
  ],
  Mood: [
    ['GOOD', 'GOOD'],
    ['constructor', 'constructor'],
  ],
  Filter: [
    ['{}', {}],
    ['{ a: 5, b: ["x"] }', { a: 5, b: ['x'] }],
    ['{ b: "lone", m: BAD }', { b: 'lone', m: 'BAD' }],
    ['{ a: null }', { a: null }],
  ],
  Any: [
    ['{ x: [1, "2", { y: null }] }', { x: [1, '2', { y: null }] }],
    ['"text"', 'text'],
    ['[]', []],
    ['3.5', 3.5],
  ],
};

const UNFIT: readonly unknown[] = ['nope', { a: 'x' }, [null], 1.5, { unknown: 1 }, null];

/** Writes arguments and conditions, and collects the variables that they use. */
export class ArgumentWriter {
  readonly #variables = new Map<string, Variable>();
  readonly #made: Choice;

  constructor(made: Choice) {
    this.#made = made;
  }

  declared(): { readonly definitions: string; readonly variables: Record<string, unknown> } {
    const all = [...this.#variables];
    const definitions = all.map(
      ([name, { type, initial }]) => `$${name}: ${type}${initial === undefined ? '' : ` = ${initial}`}`,
    );
    const given = all.filter(([, { value }]) => value !== undefined);
    return {
      definitions: definitions.length === 0 ? '' : `(${definitions.join(', ')})`,
      variables: Object.fromEntries(given.map(([name, { value }]) => [name, value])),
    };
  }

  /** In brackets; empty if none is given. */
  write(args: readonly GraphQLArgument[], made: Choice): string {
    const given = args.flatMap((arg, at) => {
      if (!isRequiredArgument(arg) && !happens(made, 10 + at, 60)) return [];
      return [`${arg.name}: ${this.#value(arg.type, made + at, arg.defaultValue !== undefined)}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  /** `@skip` or `@include` with a space before it, or nothing. */
  condition(made: Choice): string {
    if (!happens(made, 1, 15)) return '';
    const directive = pickOf(made, 2, ['include', 'skip'] as const);
    const wanted = happens(made, 3, 65);
    const value = directive === 'include' ? wanted : !wanted;
    if (happens(made, 4, 40)) return ` @${directive}(if: ${value})`;
    const initial = happens(made, 5, 50);
    const name = `b${value ? 'Yes' : 'No'}${initial ? 'Initial' : ''}`;
    this.#variables.set(name, {
      type: initial ? 'Boolean = true' : 'Boolean!',
      initial: undefined,
      value: initial && value ? undefined : value,
    });
    return ` @${directive}(if: $${name})`;
  }

  #value(type: GraphQLInputType, made: Choice, hasDefault: boolean): string {
    if (!isNonNullType(type) && happens(made, 3, 10)) return 'null';
    const named = getNamedType(type).name;
    const values = VALUES[named] ?? [['null', null] as const];
    const [text, json] = pickOf(made, 4, values);
    const listed = isListType(isNonNullType(type) ? type.ofType : type) && happens(made, 5, 70);
    if (!happens(made, 6, 45)) return listed ? `[${text}]` : text;
    const name = `v${this.#variables.size}`;
    const value = listed ? [json] : json;
    const nullable = isNonNullType(type) && hasDefault ? String(type.ofType) : String(type);
    this.#variables.set(
      name,
      this.#variable(made, { type: nullable, text: listed ? `[${text}]` : text, value }),
    );
    return `$${name}`;
  }

  #variable(made: Choice, { type, text, value }: { type: string; text: string; value: unknown }): Variable {
    const initial = happens(made, 7, 35) ? text : undefined;
    const optional = initial !== undefined || !type.endsWith('!');
    if (optional && happens(made, 8, 35)) return { type, initial, value: undefined };
    if (optional && !type.endsWith('!') && happens(made, 9, 12)) return { type, initial, value: null };
    const unfit = happens(this.#made, 20, 12) && happens(made, 21, 30);
    return { type, initial, value: unfit ? UNFIT[pick(made, 22, UNFIT.length)] : value };
  }
}
