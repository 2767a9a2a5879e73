import {
  type ConstDirectiveNode,
  GraphQLError,
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { errorAt, positionOf, type Report, type SdlText, textOf } from '../../connect/directive/sdl-text.ts';
import { suggestion } from '../../kernel/problem.ts';
import type { MergedSdl } from '../schema/merge-sdl.ts';
import type { Key } from './build-entities.ts';
import { neededOf } from './find-available.ts';
import type { ReachContext } from './reach-context.ts';

/** Checks every `@key`: its fields must exist, and some connector must fetch the type by no more than them. */
export function checkKeys(merged: MergedSdl, context: ReachContext): void {
  for (const node of merged.types.values()) {
    const type = context.schema.getType(node.name.value);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const directive of node.directives ?? []) {
      if (directive.name.value === 'key') checkKey(directive, type, context);
    }
  }
}

function checkKey(directive: ConstDirectiveNode, type: GraphQLNamedType, context: ReachContext): void {
  const { report } = context;
  const value = directive.arguments?.find(({ name }) => name.value === 'fields')?.value;
  if (value?.kind !== Kind.STRING) {
    report(errorAt(positionOf(directive), '@key needs fields, as in @key(fields: "id")'));
    return;
  }
  const text = textOf(value);
  const selection = parseFields(text, report);
  const key = selection === undefined ? undefined : readPaths(selection, type, [], text, report);
  // A connector that is faulty may be the one that fetches it.
  if (key === undefined || isUnresolvable(directive) || context.isDoubtful(type.name)) return;
  if (waysTo(type, context).some((way) => way.length > 0 && way.every((path) => includes(key, path)))) return;
  report(
    errorAt(
      text.at,
      `no connector fetches ${type.name} by the key "${text.value}": add one on the type, with $batch or $this, or say resolvable: false`,
    ),
  );
}

function isUnresolvable(directive: ConstDirectiveNode): boolean {
  const value = directive.arguments?.find(({ name }) => name.value === 'resolvable')?.value;
  return value?.kind === Kind.BOOLEAN && !value.value;
}

function parseFields(text: SdlText, report: Report): SelectionSetNode | undefined {
  try {
    const [definition] = parse(`{${text.value}}`).definitions;
    return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const offset = (error.positions?.[0] ?? 1) - 1;
    report(errorAt(text.positionOf(offset), error.message.replace('Syntax Error: ', 'bad key: ')));
    return undefined;
  }
}

/** Paths of the key's leaves; undefined if a field does not exist, which is reported. */
function readPaths(
  selection: SelectionSetNode,
  type: GraphQLNamedType,
  before: readonly string[],
  text: SdlText,
  report: Report,
): Key | undefined {
  const paths: (readonly string[])[] = [];
  let faulty = false;
  for (const node of selection.selections) {
    if (node.kind !== Kind.FIELD || !(isObjectType(type) || isInterfaceType(type))) continue;
    const name = node.name.value;
    const field = type.getFields()[name];
    const path = [...before, name];
    if (field === undefined) {
      const at = text.positionOf((node.loc?.start ?? 1) - 1);
      report(
        errorAt(
          at,
          `type ${type.name} has no field "${name}".${suggestion(name, Object.keys(type.getFields()))}`,
        ),
      );
      faulty = true;
    } else if (node.selectionSet !== undefined) {
      const inner = readPaths(node.selectionSet, getNamedType(field.type), path, text, report);
      if (inner === undefined) faulty = true;
      else paths.push(...inner);
    } else if (isCompositeType(getNamedType(field.type))) {
      report(
        errorAt(
          text.positionOf((node.loc?.start ?? 1) - 1),
          `"${name}" is an object: say which of its fields are the key`,
        ),
      );
      faulty = true;
    } else {
      paths.push(path);
    }
  }
  return faulty ? undefined : paths;
}

/** By which fields each connector of a type, of its fields, or of what implements it, fetches. */
function waysTo(type: GraphQLNamedType, context: ReachContext): readonly Key[] {
  const types: readonly GraphQLNamedType[] = isInterfaceType(type)
    ? context.schema.getPossibleTypes(type)
    : [type];
  return types.flatMap(({ name }) => {
    const entity = (context.entities.get(name)?.connectors ?? []).map(({ key }) => key);
    const own = [...context.fields].filter(([coordinate]) => coordinate.startsWith(`${name}.`));
    return [...entity, ...own.flatMap(([, built]) => built.map(neededOf))];
  });
}

function includes(key: Key, path: readonly string[]): boolean {
  return key.some((one) => one.join('.') === path.join('.'));
}
