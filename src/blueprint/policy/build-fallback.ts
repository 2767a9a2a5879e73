import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type FieldDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  type ObjectValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import type { Json } from '../../kernel/json.ts';
import { suggestion } from '../../kernel/problem.ts';
import { parseDuration } from '../../kernel/quantity.ts';
import type { FieldFallback } from '../blueprint.ts';

/**
 * Reads a field's `@fallback`; its value must be one that the field may have, and a mutation's field (`mutates`) keeps
 * no old answers. Faults are reported at their place.
 */
export function buildFallback(
  field: FieldDefinitionNode,
  type: GraphQLOutputType | undefined,
  { schema, report, mutates }: Context & { readonly mutates: boolean },
): FieldFallback | undefined {
  const directive = field.directives?.find(({ name }) => name.value === 'fallback');
  if (directive === undefined) return undefined;
  const value = argument(directive, 'value');
  const stale = argument(directive, 'stale');
  if (value === undefined && stale === undefined) {
    report(
      errorAt(
        positionOf(directive),
        '@fallback needs a value, or stale: how old the last good answer may be',
      ),
    );
  }
  if (stale !== undefined && mutates) {
    const why = 'an old success would be told of a call that failed';
    report(errorAt(positionOf(stale), `@fallback(stale:) is not for mutations: ${why}`));
  }
  if (value !== undefined && type !== undefined) {
    checkValue(value, type, { schema, report });
  }
  return {
    value: value === undefined ? undefined : (valueFromASTUntyped(value) as Json),
    stale: stale === undefined ? 0 : readStale(stale, report),
  };
}

interface Context {
  readonly schema: GraphQLSchema;
  readonly report: Report;
}

function argument(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return directive.arguments?.find((candidate) => candidate.name.value === name)?.value;
}

function readStale(node: ConstValueNode, report: Report): number {
  const duration = node.kind === Kind.STRING ? parseDuration(node.value) : undefined;
  if (duration === undefined) {
    report(errorAt(positionOf(node), 'expected a duration such as 30s, 5m or 1h'));
  }
  return duration ?? 0;
}

/** Holds a constant against an output type, as if a service had given it (GraphQL specification, 6.4.3). */
function checkValue(node: ConstValueNode, type: GraphQLOutputType, context: Context): void {
  const fail = (message: string) => context.report(errorAt(positionOf(node), message));
  if (node.kind === Kind.NULL) {
    if (isNonNullType(type)) fail(`the fallback is null, but the type is ${String(type)}`);
    return;
  }
  const nullable = isNonNullType(type) ? type.ofType : type;
  if (isListType(nullable)) {
    if (node.kind !== Kind.LIST) fail(`the type is ${String(type)}: the fallback must be a list`);
    else for (const item of node.values) checkValue(item, nullable.ofType, context);
    return;
  }
  const named = getNamedType(nullable);
  if (isCompositeType(named)) {
    if (node.kind === Kind.OBJECT) checkObject(node, named, context);
    else fail(`the type is ${String(type)}: the fallback must be an object`);
    return;
  }
  const fault = leafFault(node, named);
  if (fault !== undefined) fail(fault);
}

function checkObject(
  node: ObjectValueNode & { kind: Kind.OBJECT },
  named: GraphQLNamedType,
  context: Context,
): void {
  const type = concreteType(node, named, context);
  if (type === undefined) return;
  const fields = type.getFields();
  const given = new Set<string>();
  for (const { name, value } of node.fields) {
    const field = fields[name.value];
    given.add(name.value);
    if (name.value === '__typename') continue;
    if (field === undefined) {
      const hint = suggestion(name.value, Object.keys(fields));
      context.report(errorAt(positionOf(name), `type ${type.name} has no field "${name.value}".${hint}`));
    } else {
      checkValue(value as ConstValueNode, field.type, context);
    }
  }
  for (const field of Object.values(fields)) {
    if (!isNonNullType(field.type) || given.has(field.name)) continue;
    context.report(
      errorAt(
        positionOf(node),
        `the fallback lacks "${field.name}", which is ${String(field.type)} and can't be null`,
      ),
    );
  }
}

function concreteType(
  node: ObjectValueNode,
  named: GraphQLNamedType,
  { schema, report }: Context,
): GraphQLObjectType | undefined {
  if (isObjectType(named)) return named;
  if (!isAbstractType(named)) return undefined;
  const typename = node.fields.find(({ name }) => name.value === '__typename')?.value;
  const possible = schema.getPossibleTypes(named);
  const found = possible.find(({ name }) => typename?.kind === Kind.STRING && typename.value === name);
  if (found === undefined) {
    const names = possible.map(({ name }) => name).join(' or ');
    report(errorAt(positionOf(typename ?? node), `the fallback needs a __typename that is ${names}`));
  }
  return found;
}

function leafFault(node: ConstValueNode, named: GraphQLNamedType): string | undefined {
  const value: unknown = valueFromASTUntyped(node);
  if (isEnumType(named)) {
    const text = String(value);
    if (named.getValue(text) !== undefined) return undefined;
    const names = named.getValues().map(({ name }) => name);
    return `"${text}" is not a value of the enum ${named.name}.${suggestion(text, names)}`;
  }
  if (!isSpecifiedScalarType(named) || !('parseValue' in named)) return undefined;
  try {
    named.parseValue(value);
    return undefined;
  } catch {
    return `${JSON.stringify(value)} is not a value of type ${named.name}`;
  }
}
