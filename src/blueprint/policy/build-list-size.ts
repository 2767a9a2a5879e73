import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type FieldDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type StringValueNode,
} from 'graphql';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import { suggestion } from '../../kernel/problem.ts';
import type { ListSize } from '../blueprint.ts';
import { checkArgumentPath } from './argument-path.ts';

type Path = readonly string[];
type Field = GraphQLField<unknown, unknown>;

/**
 * Reads a field's `@listSize` and holds it against the schema: the slicing arguments must be there and be numbers (or
 * lists, which count their items), the sized fields must be lists. Paths go into input objects and into objects with
 * dots. Undefined if the field has none.
 */
export function buildListSize(
  node: FieldDefinitionNode,
  typeName: string,
  schema: GraphQLSchema,
  report: Report,
): ListSize | undefined {
  const directive = node.directives?.find(({ name }) => name.value === 'listSize');
  if (directive === undefined) return undefined;
  const coordinate = `${typeName}.${node.name.value}`;
  const reader: Reader = { directive, coordinate, report };
  const assumed = readAssumed(reader);
  const slicing = readPaths(reader, 'slicingArguments');
  const sized = readPaths(reader, 'sizedFields');
  if (!has(directive, 'assumedSize') && slicing.length === 0)
    report(errorAt(positionOf(directive), '@listSize needs an assumedSize or slicingArguments'));
  const field = fieldOf(schema, typeName, node.name.value);
  if (field !== undefined) {
    for (const one of slicing) tell(one, slicingFault(one, field, coordinate), report);
    for (const one of sized) tell(one, sizedFault(one, field), report);
    if (sized.length === 0) checkList(field, reader);
  }
  return {
    assumed,
    slicing: slicing.map(({ path }) => path),
    sized: sized.map(({ path }) => path),
    // Who says what to assume does not insist, unless that is said, too.
    requireOne: readRequireOne(reader) ?? !has(directive, 'assumedSize'),
  };
}

function tell({ node }: WrittenPath, fault: string | undefined, report: Report): void {
  if (fault !== undefined) report(errorAt(positionOf(node), fault));
}

interface Reader {
  readonly directive: ConstDirectiveNode;
  readonly coordinate: string;
  readonly report: Report;
}

interface WrittenPath {
  readonly path: Path;
  readonly node: StringValueNode;
}

function has(directive: ConstDirectiveNode, name: string): boolean {
  return argumentOf(directive, name) !== undefined;
}

/** Null counts as absent. */
function argumentOf(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  const value = directive.arguments?.find((one) => one.name.value === name)?.value;
  return value?.kind === Kind.NULL ? undefined : value;
}

function readAssumed({ directive, report }: Reader): number | undefined {
  const value = argumentOf(directive, 'assumedSize');
  if (value === undefined) return undefined;
  const size = value.kind === Kind.INT ? Number(value.value) : -1;
  if (size >= 0) return size;
  report(errorAt(positionOf(value), '@listSize(assumedSize:) must be a whole number, 0 or more'));
  return undefined;
}

function readRequireOne({ directive, report }: Reader): boolean | undefined {
  const value = argumentOf(directive, 'requireOneSlicingArgument');
  if (value === undefined || value.kind === Kind.BOOLEAN) return value?.value;
  report(errorAt(positionOf(value), '@listSize(requireOneSlicingArgument:) must be true or false'));
  return undefined;
}

function readPaths({ directive, report }: Reader, name: string): WrittenPath[] {
  const value = argumentOf(directive, name);
  if (value === undefined) return [];
  // A single value stands for a list of one (GraphQL specification, input coercion).
  const items = value.kind === Kind.LIST ? value.values : [value];
  return items.flatMap((node) => {
    if (node.kind === Kind.STRING) return [{ path: node.value.split('.'), node }];
    report(errorAt(positionOf(node), `@listSize(${name}:) must be a list of names`));
    return [];
  });
}

/** What is wrong with a slicing argument; undefined: nothing. */
function slicingFault({ path, node }: WrittenPath, field: Field, coordinate: string): string | undefined {
  const { kind, fault, type } = checkArgumentPath(path, field, coordinate);
  if (fault !== undefined || kind !== 'single') return fault;
  const counts = type !== undefined && ['Int', 'Float'].includes(getNamedType(type).name);
  return counts ? undefined : `"${node.value}" is ${String(type)}, which tells no number of items`;
}

/** What is wrong with a sized field; undefined: nothing. */
function sizedFault({ path, node }: WrittenPath, field: Field): string | undefined {
  let at: Field = field;
  for (const name of path) {
    const type = getNamedType(at.type);
    const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
    const next = fields[name];
    if (next === undefined)
      return `${type.name} has no field "${name}".${suggestion(name, Object.keys(fields))}`;
    at = next;
  }
  return isListType(getNullableType(at.type))
    ? undefined
    : `"${node.value}" is ${String(at.type)}, which is no list`;
}

function checkList(field: Field, { directive, coordinate, report }: Reader): void {
  if (isListType(getNullableType(field.type)) || has(directive, 'sizedFields')) return;
  const remedy = 'name the lists below it in sizedFields';
  report(errorAt(positionOf(directive), `@listSize is on ${coordinate}, which is no list; ${remedy}`));
}

function fieldOf(schema: GraphQLSchema, typeName: string, name: string): Field | undefined {
  const type = schema.getType(typeName);
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}
