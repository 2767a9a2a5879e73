import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { ArgumentWriter } from './argument-writer.ts';
import { type Choice, happens, pickOf } from './choice.ts';
import type { EntrySpec } from './generate-operation.ts';

const ALIASES = ['a', 'b', '__proto__', 'constructor', 'toString', 'id', 'x1', '_'];

/** Writes selections that are valid: one response key always means one field with the same arguments and type. */
export class OperationWriter {
  readonly fragments: string[] = [];
  readonly #schema: GraphQLSchema;
  readonly #args: ArgumentWriter;
  readonly #meanings = new Map<string, string>();

  constructor(schema: GraphQLSchema, made: Choice) {
    this.#schema = schema;
    this.#args = new ArgumentWriter(made);
  }

  /** The variables' definitions in brackets, and values for them. */
  declared(): { readonly definitions: string; readonly variables: Record<string, unknown> } {
    return this.#args.declared();
  }

  /** A selection set on the type. */
  write(type: GraphQLCompositeType, specs: readonly EntrySpec[]): string {
    const entries = specs.map((spec) => this.#entry(type, spec));
    return `{ ${entries.length === 0 ? '__typename' : entries.join(' ')} }`;
  }

  #entry(type: GraphQLCompositeType, spec: EntrySpec): string {
    const target = this.#narrow(type, spec);
    const field = this.#field(target, spec);
    const condition = this.#args.condition(spec.condition);
    if (target !== type || happens(spec.wrap, 1, 12))
      return this.#fragment(type, target, field, { spec, condition });
    return condition === '' ? field.text : `${field.head}${condition}${field.tail}`;
  }

  /** The type to select on: that of the place, or one that it may turn out to be or also is. */
  #narrow(type: GraphQLCompositeType, { wrap }: EntrySpec): GraphQLCompositeType {
    if (isAbstractType(type) && (isUnionType(type) ? happens(wrap, 2, 92) : happens(wrap, 2, 55))) {
      return pickOf(wrap, 3, this.#schema.getPossibleTypes(type));
    }
    if (!happens(wrap, 4, 15)) return type;
    const wider = this.#overlapping(type);
    return wider.length === 0 ? type : pickOf(wrap, 5, wider);
  }

  #overlapping(type: GraphQLCompositeType): readonly GraphQLCompositeType[] {
    const own = isObjectType(type) ? [type] : this.#schema.getPossibleTypes(type);
    return Object.values(this.#schema.getTypeMap()).filter(
      (one): one is GraphQLCompositeType =>
        isAbstractType(one) && this.#schema.getPossibleTypes(one).some((possible) => own.includes(possible)),
    );
  }

  #field(type: GraphQLCompositeType, spec: EntrySpec): WrittenField {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    if (fields.length === 0 || happens(spec.field, 1, 5)) return this.#typename(type, spec);
    const field = pickOf(spec.field, 2, preferred(fields, spec));
    const args = this.#args.write(field.args, spec.args);
    const head = `${this.#keyed(`${field.name}${args}`, field.name, `${field.name}${args}:${String(field.type)}`, spec.alias)}`;
    const named = getNamedType(field.type);
    const tail = isCompositeType(named) ? ` ${this.write(named, spec.below)}` : '';
    return { head, tail, text: `${head}${tail}` };
  }

  #typename(type: GraphQLCompositeType, { alias, field }: EntrySpec): WrittenField {
    if (type === this.#schema.getQueryType() && happens(field, 3, 15)) {
      const text = '__type(name: "Query") { name kind }';
      return { head: '__type(name: "Query")', tail: ' { name kind }', text };
    }
    const head = this.#keyed('__typename', '__typename', '__typename', alias);
    return { head, tail: '', text: head };
  }

  /** With an alias if the choice says so, or if the response key means something else already. */
  #keyed(text: string, name: string, meaning: string, alias: Choice): string {
    let key = happens(alias, 1, 30) ? pickOf(alias, 2, ALIASES) : name;
    for (let count = 0; (this.#meanings.get(key) ?? meaning) !== meaning; count++) key = `${name}_${count}`;
    this.#meanings.set(key, meaning);
    return key === name ? text : `${key}: ${text}`;
  }

  #fragment(
    type: GraphQLCompositeType,
    target: GraphQLCompositeType,
    field: WrittenField,
    { spec, condition }: { readonly spec: EntrySpec; readonly condition: string },
  ): string {
    const again = happens(spec.wrap, 6, 25) ? ` ${field.text}` : '';
    if (happens(spec.wrap, 7, 40)) {
      const name = `F${this.fragments.length}`;
      this.fragments.push(`fragment ${name} on ${target.name} { ${field.text}${again} }`);
      return `...${name}${condition}`;
    }
    const on = target === type && happens(spec.wrap, 8, 50) ? '' : ` on ${target.name}`;
    return `...${on}${condition} { ${field.text}${again} }`;
  }
}

interface WrittenField {
  /** Up to where directives stand. */
  readonly head: string;
  readonly tail: string;
  readonly text: string;
}

type AnyField = GraphQLField<unknown, unknown>;

/** Where there is more to select below, mostly fields that have something below them. */
function preferred(fields: readonly AnyField[], { below, field }: EntrySpec): readonly AnyField[] {
  const deep = fields.filter((one) => isCompositeType(getNamedType(one.type)));
  const flat = fields.filter((one) => !deep.includes(one));
  if (below.length > 0 && deep.length > 0 && happens(field, 4, 75)) return deep;
  return below.length === 0 && flat.length > 0 ? flat : fields;
}
