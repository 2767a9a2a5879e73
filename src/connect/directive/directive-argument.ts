import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstObjectFieldNode,
  type ConstValueNode,
  Kind,
} from 'graphql';
import { nearest, type Position, suggestion } from '../../kernel/problem.ts';
import { errorAt, positionOf, type Report, type SdlText, textOf } from './sdl-text.ts';

/**
 * Arguments of a directive, or fields of an object among them, read by name and kind.
 * What is of the wrong kind, unknown or given twice is reported at its place and then counts as absent.
 */
export interface ArgumentReader {
  readonly at: Position;
  has(name: string): boolean;
  /** Absent, and nothing that was refused as unknown looks like it: only then there is something to be said. */
  lacks(name: string): boolean;
  place(name: string): Position;
  text(name: string): SdlText | undefined;
  boolean(name: string): boolean | undefined;
  integer(name: string): number | undefined;
  object(name: string, known: readonly string[]): ArgumentReader | undefined;
  objects(name: string, known: readonly string[]): readonly ArgumentReader[];
}

/** Reader of a directive's arguments; `known` are the names that it may have. */
export function readArguments(
  directive: ConstDirectiveNode,
  known: readonly string[],
  report: Report,
): ArgumentReader {
  const owner = { directive: `@${directive.name.value}`, path: [] };
  return createReader(owner, positionOf(directive), directive.arguments ?? [], known, report);
}

interface Owner {
  readonly directive: string;
  /** Of the object within the directive's arguments. */
  readonly path: readonly string[];
}

/** `@connect`, `@connect(http:)`, `@connect(http.headers:)`. */
function label({ directive, path }: Owner): string {
  return path.length === 0 ? directive : `${directive}(${path.join('.')}:)`;
}

type Values = ReadonlyMap<string, ConstValueNode>;

function createReader(
  owner: Owner,
  at: Position,
  nodes: readonly (ConstArgumentNode | ConstObjectFieldNode)[],
  known: readonly string[],
  report: Report,
): ArgumentReader {
  const values = collect(owner, nodes, known, report);
  const misspelt = new Set(
    nodes.map(({ name }) => (known.includes(name.value) ? '' : nearest(name.value, known))),
  );
  const below = (name: string): Owner => ({ ...owner, path: [...owner.path, name] });
  const fail = (node: ConstValueNode, name: string, what: string): undefined => {
    report(errorAt(positionOf(node), `${label(below(name))} must be ${what}`));
  };
  function expect<K extends ConstValueNode['kind']>(name: string, kind: K, what: string) {
    const value = values.get(name);
    if (value === undefined || isKind(value, kind)) return value;
    return fail(value, name, what);
  }
  return {
    at,
    has: (name) => values.has(name),
    lacks: (name) => !values.has(name) && !misspelt.has(name),
    place: (name) => placeOf(values.get(name), at),
    text(name) {
      const node = expect(name, Kind.STRING, 'a string');
      return node === undefined ? undefined : textOf(node);
    },
    boolean: (name) => expect(name, Kind.BOOLEAN, 'true or false')?.value,
    integer(name) {
      const node = expect(name, Kind.INT, 'a whole number');
      return node === undefined ? undefined : Number(node.value);
    },
    object(name, fields) {
      const node = expect(name, Kind.OBJECT, 'an object');
      if (node === undefined) return undefined;
      return createReader(below(name), positionOf(node), node.fields, fields, report);
    },
    objects: (name, fields) =>
      itemsOf(values.get(name)).flatMap((item) => {
        if (item.kind !== Kind.OBJECT) return fail(item, name, 'a list of objects') ?? [];
        return [createReader(below(name), positionOf(item), item.fields, fields, report)];
      }),
  };
}

/** Values by name; null counts as absent. What is unknown or given twice is reported. */
function collect(
  owner: Owner,
  nodes: readonly (ConstArgumentNode | ConstObjectFieldNode)[],
  known: readonly string[],
  report: Report,
): Values {
  const values = new Map<string, ConstValueNode>();
  for (const node of nodes) {
    const name = node.name.value;
    const place = positionOf(node.name);
    if (!known.includes(name)) {
      report(errorAt(place, `${label(owner)} has no "${name}".${suggestion(name, known)}`));
    } else if (values.has(name)) {
      report(errorAt(place, `${label(owner)} has "${name}" twice`));
    } else if (node.value.kind !== Kind.NULL) {
      values.set(name, node.value);
    }
  }
  return values;
}

/** A single value stands for a list of one (GraphQL specification, input coercion). */
function itemsOf(value: ConstValueNode | undefined): readonly ConstValueNode[] {
  if (value === undefined) return [];
  return value.kind === Kind.LIST ? value.values : [value];
}

function placeOf(value: ConstValueNode | undefined, otherwise: Position): Position {
  return value === undefined ? otherwise : positionOf(value);
}

function isKind<K extends ConstValueNode['kind']>(
  value: ConstValueNode,
  kind: K,
): value is ConstValueNode & { kind: K } {
  return value.kind === kind;
}
