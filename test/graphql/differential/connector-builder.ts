import { type Choice, happens, pick, pickOf } from './choice.ts';
import type { FieldSpec, SchemaSpec } from './generate-schema.ts';
import { literalOf } from './literal.ts';
import { argumentsOf, batchRequest, requestText } from './request-text.ts';
import {
  type AnswerModel,
  type ArgumentModel,
  type ConnectorModel,
  type FieldModel,
  isList,
  namedOf,
  type ObjectModel,
  objectNamed,
  type SchemaModel,
} from './schema-model.ts';
import {
  bareKey,
  givenFields,
  isTaken,
  type SelectContext,
  selectFields,
  selectType,
} from './select-type.ts';

type MakeRoot = (spec: FieldSpec, name: string) => FieldModel;

/** Gives fields and types their connectors, once all types are there. */
export class ConnectorBuilder {
  readonly #model: SchemaModel & {
    readonly connectors: ConnectorModel[];
    readonly queries: FieldModel[];
    readonly mutations: FieldModel[];
  };

  constructor(model: SchemaModel) {
    this.#model = { ...model, connectors: [], queries: [], mutations: [] };
  }

  build(spec: SchemaSpec, makeRoot: MakeRoot): SchemaModel {
    const { objects, queries, mutations } = this.#model;
    const fetched = spec.types.map(({ fields }, index) => markFetched(objects[index] as ObjectModel, fields));
    for (const [index, { fields }] of spec.types.entries()) {
      this.#connectFields(objects[index] as ObjectModel, fields, fetched[index] as Fetched);
    }
    for (const [index, type] of spec.types.entries())
      this.#connectType(objects[index] as ObjectModel, type.key);
    for (const [index, field] of spec.queries.entries()) {
      queries.push(this.#connectField(makeRoot(field, `q${index}`), field, { kind: 'query' }));
    }
    for (const [index, field] of spec.mutations.entries()) {
      mutations.push(this.#connectField(makeRoot(field, `m${index}`), field, { kind: 'mutation' }));
    }
    return this.#model;
  }

  /** Some fields of an object are not taken from it, but have a connector that looks at its key. */
  #connectFields(object: ObjectModel, specs: readonly FieldSpec[], fetched: Fetched): void {
    const own = object.fields.length - specs.length;
    for (const [index, spec] of specs.entries()) {
      const field = object.fields[own + index] as FieldModel;
      const anchor = fetched.get(field.name);
      object.fields[own + index] =
        anchor !== undefined
          ? this.#connectField(field, spec, { kind: 'field', object, anchor })
          : { ...field, policy: `${field.policy}${this.#fallback(field, spec.policy, 6)}` };
    }
  }

  #connectField(field: FieldModel, spec: FieldSpec, place: Place): FieldModel {
    const args = argumentsOf(spec.connect);
    const policy = `${field.policy}${this.#fallback(field, spec.policy, 25)}${stale(spec.policy, place)}`;
    const connectors = happens(spec.connect, 2, 7)
      ? [this.#constant(field)]
      : this.#parts(field, spec).map((part) => this.#request(field, spec, { place, args, part }));
    return { ...field, args, connectors: connectors.filter((one) => one !== undefined), policy };
  }

  /** The selections of the field's connectors: mostly one that gives all, or two that give some of it each. */
  #parts(field: FieldModel, { connect }: FieldSpec): readonly Part[] {
    const target = objectNamed(this.#model, namedOf(field.type));
    if (target === undefined || isList(field.type)) return [undefined];
    const given = target.kind === 'plain' ? givenFields(target) : this.#shownFields(target, connect);
    if (given.length < 2 || !happens(connect, 3, 25)) return [undefined];
    const key = target.kind === 'plain' ? [] : target.key.map(([name]) => name);
    const first = given.filter((one, at) => key.includes(one.name) || happens(connect, 30 + at, 50));
    const rest = given.filter((one, at) => !first.includes(one) || happens(connect, 50 + at, 20));
    return first.length === 0 || rest.length === 0 ? [undefined] : [first, rest];
  }

  /** What an answer holds of an entity that was not asked for by its key. */
  #shownFields(target: ObjectModel, made: Choice): readonly FieldModel[] {
    const extra = target.fields.filter((field, at) => isTaken(field) && happens(made, 70 + at, 35));
    return givenFields(
      target,
      extra.map(({ name }) => name),
    );
  }

  #request(
    field: FieldModel,
    { connect }: FieldSpec,
    { place, args, part }: { place: Place; args: readonly ArgumentModel[]; part: Part },
  ): ConnectorModel {
    const number = this.#model.connectors.length;
    const mutates = place.kind === 'mutation';
    const segments =
      place.kind === 'field' ? place.anchor.map((path) => `/{$this.${path.join('.')}}`).join('') : '';
    const envelope = pickOf(connect, 4, [[], [], ['items'], ['result', 'data']] as const);
    const selection = this.#selection(field, { envelope, part, connect, args, place });
    const http = requestText(`/c${number}${segments}`, args, { connect, mutates });
    const answer: AnswerModel = {
      kind: 'value',
      type: field.type,
      key: [],
      keyIn: 'path',
      envelope,
      mutates,
    };
    return this.#add({
      number,
      answer,
      text: `${this.#source(connect)}, http: { ${http} }, selection: ${JSON.stringify(selection)}`,
    });
  }

  #selection(
    field: FieldModel,
    given: {
      envelope: readonly string[];
      part: Part;
      connect: Choice;
      args: readonly ArgumentModel[];
      place: Place;
    },
  ): string {
    const start = ['$', ...given.envelope].join('.');
    if (field.of === 'leaf') return happens(given.connect, 5, 15) ? `$(${start} ?? null)` : start;
    const named = namedOf(field.type);
    const target = objectNamed(this.#model, named);
    const context: SelectContext = { model: this.#model, instead: insteadOf(target, given) };
    const items =
      given.part !== undefined
        ? selectFields(given.part, context)
        : target?.kind === 'entity'
          ? selectFields(this.#shownFields(target, given.connect), context)
          : selectType(named, context);
    return given.envelope.length === 0 && happens(given.connect, 6, 60) ? items : `${start} { ${items} }`;
  }

  /** A connector that calls nobody. */
  #constant(field: FieldModel): ConnectorModel {
    const value = literalOf(this.#model, field.type, 'mapping', false) ?? 'null';
    return { number: undefined, answer: undefined, text: `selection: ${JSON.stringify(`$(${value})`)}` };
  }

  /** The ways to an entity: by its key one that gives some of its fields, perhaps others for the rest. */
  #connectType(object: ObjectModel, made: Choice): void {
    if (object.kind !== 'entity') return;
    const { secondKey } = object;
    const count = secondKey === undefined ? pickOf(made, 2, [1, 1, 2]) : 2;
    for (let way = 0; way < count; way++) {
      const key = way === 1 && secondKey !== undefined ? [[secondKey]] : object.key;
      const names = key.map(([name]) => name as string);
      const fields = object.fields.filter(
        (field) =>
          isTaken(field) && (names.includes(field.name) || count === 1 || givesField(field, way, count)),
      );
      this.#addWay({ object, key, fields }, { made, way });
    }
  }

  #addWay({ object, key, fields }: WayModel, { made, way }: { made: Choice; way: number }): void {
    const bare = bareKey({ key });
    const mode = pickOf(made, 10 + way, [
      'batch',
      'batch',
      'batch',
      'single',
      bare === undefined ? 'batch' : 'args',
    ] as const);
    const number = this.#model.connectors.length;
    const envelope = mode === 'batch' && happens(made, 20 + way, 30) ? ['results'] : [];
    const items = selectFields(fields, { model: this.#model });
    const selection = JSON.stringify(envelope.length === 0 ? items : `$.results { ${items} }`);
    const answer = {
      type: { named: object.name, nonNull: false },
      key,
      envelope,
      mutates: false,
    };
    const source = this.#source(made + way);
    const path = `/c${number}`;
    if (mode === 'batch') {
      const { http, keyIn } = batchRequest(path, key, pick(made, 30 + way, 3));
      const size = happens(made, 40 + way, 35) ? `, batch: { maxSize: ${1 + pick(made, 50 + way, 3)} }` : '';
      const text = `${source}, http: { ${http} }${size}, selection: ${selection}`;
      object.connectors.push(this.#add({ number, text, answer: { ...answer, kind: 'batch', keyIn } }));
      return;
    }
    const variable = mode === 'single' ? '$this' : '$args';
    const segments = key.map((one) => `/{${variable}.${one.join('.')}}`).join('');
    const text = `${source}, http: { GET: "${path}${segments}" }, selection: ${selection}`;
    const entity = mode === 'args' ? ', entity: true' : '';
    const connector = this.#add({
      number,
      text: text + entity,
      answer: { ...answer, kind: 'single', keyIn: 'path' },
    });
    if (mode === 'single') object.connectors.push(connector);
    else this.#model.queries.push(entityField(object, bare ?? 'id', connector, way));
  }

  #source(made: Choice): string {
    const own = happens(made, 8, 8)
      ? ', errors: { message: "error.text ?? \\"failed\\"" }, isSuccess: "$status->eq(200)"'
      : '';
    return `source: "s${pick(made, 7, 2)}"${own}`;
  }

  #fallback(field: FieldModel, made: Choice, percent: number): string {
    if (!happens(made, 40, percent)) return '';
    const value = literalOf(this.#model, field.type, 'sdl', happens(made, 41, 50));
    return value === undefined ? '' : ` @fallback(value: ${value})`;
  }

  #add(connector: ConnectorModel): ConnectorModel {
    this.#model.connectors.push(connector);
    return connector;
  }
}

interface WayModel {
  readonly object: ObjectModel;
  readonly key: ObjectModel['key'];
  readonly fields: readonly FieldModel[];
}

type Part = readonly FieldModel[] | undefined;

type Place =
  | { readonly kind: 'query' | 'mutation' }
  | { readonly kind: 'field'; readonly object: ObjectModel; readonly anchor: readonly (readonly string[])[] };

/** By name, the fields of an object that are fetched, and what of the object their connectors look at. */
type Fetched = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Stands in for the connectors of a field until they are there: nothing may take the field from its object. */
const PENDING: ConnectorModel = { number: undefined, text: '', answer: undefined };

function markFetched(object: ObjectModel, specs: readonly FieldSpec[]): Fetched {
  const fetched = new Map<string, readonly (readonly string[])[]>();
  const own = object.fields.length - specs.length;
  for (const [index, spec] of specs.entries()) {
    const field = object.fields[own + index] as FieldModel;
    const anchor = happens(spec.connect, 1, 22) ? anchorOf(object, field) : undefined;
    if (anchor === undefined || [...fetched.values()].flat().some(([name]) => name === field.name)) continue;
    fetched.set(field.name, anchor);
    object.fields[own + index] = { ...field, connectors: [PENDING] };
  }
  return fetched;
}

/** What a connector of an object's field can look at: its key, or some leaf of a plain one. */
function anchorOf(object: ObjectModel, field: FieldModel): readonly (readonly string[])[] | undefined {
  if (object.kind === 'entity') return object.key;
  const leaf = object.fields.find(
    (one) => one !== field && one.of === 'leaf' && isTaken(one) && !isList(one.type),
  );
  return leaf === undefined ? undefined : [[leaf.name]];
}

function givesField({ ways }: FieldModel, way: number, count: number): boolean {
  const given = ways.filter((one) => one < count);
  return given.includes(way) || (given.length === 0 && way === count - 1);
}

/** Leaves that are not taken from the answer, but from what else a mapping can see. */
function insteadOf(
  target: ObjectModel | undefined,
  {
    connect,
    args,
    place,
  }: { readonly connect: Choice; readonly args: readonly ArgumentModel[]; readonly place: Place },
): ReadonlyMap<string, string> {
  const instead = new Map<string, string>();
  const key = target?.key.map(([name]) => name) ?? [];
  for (const [at, field] of (target?.fields ?? []).entries()) {
    if (!isTaken(field) || key.includes(field.name)) continue;
    const [arg] = args;
    const lone = field.of === 'leaf' && !isList(field.type);
    if (lone && arg !== undefined && happens(connect, 100 + at, 20)) {
      instead.set(field.name, `$args.${arg.name}`);
    } else if (lone && happens(connect, 120 + at, 6)) instead.set(field.name, '$status');
    const parent = place.kind === 'field' ? place.object : undefined;
    const bare = bareKey(parent);
    if (
      field.of === 'entity' &&
      bare !== undefined &&
      namedOf(field.type) === parent?.name &&
      !isList(field.type)
    ) {
      instead.set(field.name, `{ ${bare}: $this.${bare} }`);
    }
  }
  return instead;
}

/** The root field whose arguments are an entity's key. */
function entityField(object: ObjectModel, key: string, connector: ConnectorModel, way: number): FieldModel {
  const type = object.fields.find(({ name }) => name === key)?.type ?? { named: 'ID', nonNull: true };
  return {
    name: `by${object.name}${way}`,
    type: { named: object.name, nonNull: false },
    of: 'entity',
    wire: 'plain',
    args: [{ name: key, type: `${namedOf(type)}!`, initial: undefined }],
    connectors: [connector],
    policy: '',
    ways: [],
    fat: [],
  };
}

function stale(made: Choice, place: Place): string {
  if (place.kind === 'mutation' || !happens(made, 50, 15)) return '';
  return happens(made, 40, 25) ? '' : ' @fallback(stale: "1m")';
}
