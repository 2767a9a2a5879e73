import {
  type ConstArgumentNode,
  type ConstDirectiveNode,
  type ConstObjectFieldNode,
  type ConstValueNode,
  Kind,
} from 'graphql';
import { type Position, suggestion } from '../../kernel/problem.ts';
import { errorAt, positionOf, type Report, type SdlText, textOf } from './sdl-text.ts';

/**
 * Arguments of a directive, or fields of an object among them, read by name and kind.
 * What is of the wrong kind, unknown or given twice is reported at its place and then counts as absent.
 */
export interface ArgumentReader {
  readonly at: Position;
  has(name: string): boolean;
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

function createReader(
  owner: Owner,
  at: Position,
  nodes: readonly (ConstArgumentNode | ConstObjectFieldNode)[],
  known: readonly string[],
  report: Report,
): ArgumentReader {
  const values = new Map<string, ConstValueNode>();
  const below = (name: string): Owner => ({ ...owner, path: [...owner.path, name] });
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
  function expect<K extends ConstValueNode['kind']>(
    name: string,
    kind: K,
    what: string,
  ): (ConstValueNode & { kind: K }) | undefined {
    const value = values.get(name);
    if (value === undefined) return undefined;
    if (isKind(value, kind)) return value;
    report(errorAt(positionOf(value), `${label(below(name))} must be ${what}`));
    return undefined;
  }
  return {
    at,
    has: (name) => values.has(name),
    place: (name) => {
      const value = values.get(name);
      return value === undefined ? at : positionOf(value);
    },
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
    objects(name, fields) {
      const value = values.get(name);
      if (value === undefined) return [];
      // A single object stands for a list of one (GraphQL specification, input coercion).
      const items = value.kind === Kind.LIST ? value.values : [value];
      return items.flatMap((item) => {
        if (item.kind === Kind.OBJECT) {
          return [createReader(below(name), positionOf(item), item.fields, fields, report)];
        }
        report(errorAt(positionOf(item), `${label(below(name))} must be a list of objects`));
        return [];
      });
    },
  };
}

function isKind<K extends ConstValueNode['kind']>(
  value: ConstValueNode,
  kind: K,
): value is ConstValueNode & { kind: K } {
  return value.kind === kind;
}
