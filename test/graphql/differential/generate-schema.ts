import fc from 'fast-check';
import { type Choice, choice, happens, pick, pickOf, several } from './choice.ts';
import { ConnectorBuilder } from './connector-builder.ts';
import { pickWire, policyOf, wrap } from './field-choice.ts';
import {
  type AbstractModel,
  type FieldModel,
  LEAVES,
  type ObjectModel,
  type SchemaModel,
  type TypeExpression,
} from './schema-model.ts';

/** What decides a field. */
export interface FieldSpec {
  readonly target: Choice;
  readonly wrap: Choice;
  readonly wire: Choice;
  readonly connect: Choice;
  readonly policy: Choice;
}

interface TypeSpec {
  readonly kind: Choice;
  readonly key: Choice;
  readonly fields: readonly FieldSpec[];
}

interface AbstractSpec {
  readonly kind: Choice;
  readonly members: Choice;
}

/** What decides a schema with its connectors. */
export interface SchemaSpec {
  readonly types: readonly TypeSpec[];
  readonly abstracts: readonly AbstractSpec[];
  readonly queries: readonly FieldSpec[];
  readonly mutations: readonly FieldSpec[];
  readonly source: Choice;
}

const fieldSpec = fc.record({
  target: choice,
  wrap: choice,
  wire: choice,
  connect: choice,
  policy: choice,
});

export const schemaSpec: fc.Arbitrary<SchemaSpec> = fc.record({
  types: several(
    fc.record({ kind: choice, key: choice, fields: several(fieldSpec, { minLength: 1, maxLength: 6 }) }),
    { minLength: 2, maxLength: 6 },
  ),
  abstracts: several(fc.record({ kind: choice, members: choice }), { maxLength: 2 }),
  queries: several(fieldSpec, { minLength: 1, maxLength: 6 }),
  mutations: several(fieldSpec, { maxLength: 2 }),
  source: choice,
});

/** Names that every object has by inheritance; each is used once in a schema. */
const INHERITED = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf', 'toLocaleString'];

/** The schema that a specification stands for. Every one stands for a schema that can be built. */
export function generateSchema(spec: SchemaSpec): SchemaModel {
  const drafts = spec.types.map(draftType);
  const abstracts = draftAbstracts(spec.abstracts, drafts);
  const names = namesOf(drafts, abstracts);
  const keyTypes: ObjectModel[] = [];
  for (const [index, draft] of drafts.entries()) {
    const { fields } = spec.types[index] as TypeSpec;
    addKey(draft, keyTypes);
    for (const [at, field] of fields.entries()) {
      draft.object.fields.push(rowField(field, fieldName(draft, at, field), index, draft, names));
    }
  }
  const objects = [...drafts.map(({ object }) => object), ...keyTypes];
  const builder = new ConnectorBuilder({
    objects,
    abstracts,
    queries: [],
    mutations: [],
    source: sourceText(spec.source),
    connectors: [],
  });
  return builder.build(spec, (field, name) => rootField(field, name, names));
}

interface TypeDraft {
  readonly object: ObjectModel & { key: (readonly string[])[]; secondKey: string | undefined };
  readonly index: number;
  readonly spec: TypeSpec;
}

/** Which types there are to refer to. */
interface Names {
  /** In order: a plain one may only hold those behind it, so that it has an end. */
  readonly plain: readonly { readonly name: string; readonly index: number }[];
  readonly entities: readonly TypeDraft[];
  readonly abstracts: readonly string[];
}

function draftType(spec: TypeSpec, index: number): TypeDraft {
  const entity = happens(spec.kind, 1, 65);
  const policy = policyOf(spec.kind, 3, 3);
  return {
    index,
    spec,
    object: {
      name: `${entity ? 'E' : 'P'}${index}`,
      kind: entity ? 'entity' : 'plain',
      interfaces: [],
      fields: [],
      key: [],
      secondKey: undefined,
      connectors: [],
      policy,
    },
  };
}

function namesOf(drafts: readonly TypeDraft[], abstracts: readonly AbstractModel[]): Names {
  return {
    plain: drafts.flatMap(({ object, index }) =>
      object.kind === 'plain' ? [{ name: object.name, index }] : [],
    ),
    entities: drafts.filter(({ object }) => object.kind === 'entity'),
    abstracts: abstracts.map(({ name }) => name),
  };
}

function draftAbstracts(specs: readonly AbstractSpec[], drafts: readonly TypeDraft[]): AbstractModel[] {
  return specs.map((spec, index) => {
    const kind = happens(spec.kind, 1, 60) ? 'interface' : 'union';
    const name = `${kind === 'interface' ? 'I' : 'U'}${index}`;
    const chosen = drafts.filter(({ index: at }) => happens(spec.members, at, 55));
    const members = chosen.length === 0 ? drafts.slice(0, 2) : chosen;
    const fields = kind === 'interface' ? commonFields(spec, index) : [];
    for (const { object } of kind === 'interface' ? members : []) {
      object.interfaces.push(name);
      // One that implements a field may promise more of it.
      for (const field of fields) {
        object.fields.push({
          ...field,
          type: { ...field.type, nonNull: field.type.nonNull || happens(spec.members, 90 + index, 20) },
        });
      }
    }
    return {
      name,
      kind,
      members: members.map(({ object }) => object.name),
      fields,
      matched: happens(spec.kind, 2, 40),
    };
  });
}

function commonFields(spec: AbstractSpec, index: number): FieldModel[] {
  return [0, 1].map((at) => ({
    ...leafField(
      `i${index}${'ab'[at] ?? ''}`,
      wrap(pick(spec.kind, 10 + at, 10), pickOf(spec.kind, 20 + at, LEAVES)),
    ),
    wire: pickOf(spec.kind, 30 + at, ['plain', 'alias', 'path'] as const),
    ways: [0],
  }));
}

function fieldName({ object, index }: TypeDraft, at: number, spec: FieldSpec): string {
  if (at === 0 && happens(spec.target, 9, 10)) return INHERITED[index] ?? 'x';
  return `${object.name.toLowerCase()}${'abcdefgh'[at] ?? ''}`;
}

const KEYS: readonly (readonly { readonly name: string; readonly type: string; readonly alias?: true }[])[] =
  [
    [{ name: 'id', type: 'ID!' }],
    [{ name: 'id', type: 'ID!' }],
    [{ name: 'id', type: 'Int!' }],
    [{ name: 'code', type: 'String', alias: true }],
    [
      { name: 'sku', type: 'ID!', alias: true },
      { name: 'region', type: 'String!' },
    ],
    [
      { name: 'sku', type: 'ID!', alias: true },
      { name: 'store', type: 'Store' },
    ],
  ];

/** The fields of an entity's key; a nested one needs a type of its own. */
function addKey({ object, spec }: TypeDraft, keyTypes: ObjectModel[]): void {
  if (object.kind !== 'entity') return;
  for (const { name, type, alias } of pickOf(spec.key, 1, KEYS)) {
    const nested = type === 'Store';
    const nonNull = type.endsWith('!');
    object.fields.push({
      ...leafField(name, { named: nonNull ? type.slice(0, -1) : type, nonNull }),
      of: nested ? 'plain' : 'leaf',
      wire: alias ? 'alias' : 'plain',
      ways: [0, 1],
    });
    object.key.push(nested ? [name, 'no'] : [name]);
    if (nested && keyTypes.length === 0) keyTypes.push(storeType());
  }
  if (object.key[0]?.[0] !== 'id' || !happens(spec.key, 3, 35)) return;
  object.secondKey = 'slug';
  object.fields.push({ ...leafField('slug', { named: 'String', nonNull: false }), ways: [0, 1] });
}

function leafField(name: string, type: TypeExpression): FieldModel {
  return { name, type, of: 'leaf', wire: 'plain', args: [], connectors: [], policy: '', ways: [], fat: [] };
}

function storeType(): ObjectModel {
  const no = leafField('no', { named: 'ID', nonNull: true });
  return {
    name: 'Store',
    kind: 'plain',
    interfaces: [],
    fields: [no],
    key: [],
    secondKey: undefined,
    connectors: [],
    policy: '',
  };
}

/** A field that is taken from its object, as far as is decided here: it may get a connector of its own later. */
function rowField(
  spec: FieldSpec,
  name: string,
  index: number,
  { object }: TypeDraft,
  names: Names,
): FieldModel {
  const targets = {
    plain: names.plain.filter((one) => one.index > index).map((one) => one.name),
    entities: names.entities.map((one) => one.object.name),
    // What is in one of them ends: none of them is in a plain type.
    abstracts: object.kind === 'entity' ? names.abstracts : [],
  };
  const base = targetOf(spec, targets, 45);
  const type = wrap(pick(spec.wrap, 1, 18), base.named);
  const entity = names.entities.find((one) => one.object.name === base.named);
  return {
    ...leafField(name, type),
    of: base.of,
    wire: pickWire(spec.wire, base.of, type, entity?.object),
    policy: policyOf(spec.policy, 1, 5),
    ways: [0, 1, 2].filter((way) => happens(spec.connect, 20 + way, 50)),
    fat: entity === undefined ? [] : fatOf(spec, entity),
  };
}

function rootField(spec: FieldSpec, name: string, names: Names): FieldModel {
  const base = targetOf(
    spec,
    {
      plain: names.plain.map((one) => one.name),
      entities: names.entities.map((one) => one.object.name),
      abstracts: names.abstracts,
    },
    12,
  );
  const type = wrap(pick(spec.wrap, 1, 18), base.named);
  return { ...leafField(name, type), of: base.of, policy: policyOf(spec.policy, 1, 6) };
}

interface Targets {
  readonly plain: readonly string[];
  readonly entities: readonly string[];
  readonly abstracts: readonly string[];
}

function targetOf(
  { target }: FieldSpec,
  { plain, entities, abstracts }: Targets,
  percentLeaves: number,
): { readonly named: string; readonly of: FieldModel['of'] } {
  const leaf = { named: pickOf(target, 2, LEAVES), of: 'leaf' } as const;
  if (target === 0 || happens(target, 1, percentLeaves)) return leaf;
  const entity = entities.map((named) => ({ named, of: 'entity' as const }));
  const options = [
    ...entity,
    ...entity,
    ...plain.map((named) => ({ named, of: 'plain' as const })),
    ...abstracts.map((named) => ({ named, of: 'abstract' as const })),
  ];
  return options.length === 0 ? leaf : pickOf(target, 3, options);
}

/** Leaves of an entity that a reference to it brings along. Their names are known before the fields are. */
function fatOf(spec: FieldSpec, { object, spec: of }: TypeDraft): readonly string[] {
  if (!happens(spec.wire, 7, 30)) return [];
  return of.fields.flatMap((field, at) =>
    happens(spec.wire, 40 + at, 40) && happens(field.target, 1, 45)
      ? [`${object.name.toLowerCase()}${'abcdefgh'[at] ?? ''}`]
      : [],
  );
}

function sourceText(source: Choice): string {
  const errors = happens(source, 1, 50)
    ? ' errors: { message: "error.message", extensions: "reason: error.code" }'
    : '';
  const isSuccess = happens(source, 2, 15) ? ' isSuccess: "$status->lt(500)"' : '';
  return `${errors}${isSuccess}`;
}
