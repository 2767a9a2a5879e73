import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { errorAt, type Report, type SdlText, warningAt } from '../../connect/directive/sdl-text.ts';
import type { VariableName, VariableUse } from '../../connect/mapping/mapping.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { suggestion } from '../../kernel/problem.ts';

/** What every text of a connector may look at; which of it at which place, `checkVariables` says. */
export const CONNECTOR_VARIABLES: readonly VariableName[] = [
  '$args',
  '$this',
  '$batch',
  '$config',
  '$context',
  '$env',
  '$request',
  '$response',
  '$status',
];

/** Where a text stands: that decides which variables mean something in it. */
export type Role = 'baseURL' | 'request' | 'response';

/** The element that a text belongs to; without one it belongs to a `@source`. */
export type VariableOwner =
  | { readonly kind: 'source' }
  | { readonly kind: 'type'; readonly typeName: string }
  | {
      readonly kind: 'field';
      readonly typeName: string;
      readonly fieldName: string;
      readonly isRoot: boolean;
    };

export interface VariableContext {
  readonly schema: GraphQLSchema | undefined;
  readonly owner: VariableOwner;
  readonly role: Role;
  /** False for a connector that calls nobody. */
  readonly hasAnswer: boolean;
  readonly config: JsonObject;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
}

/** Reports variables that mean nothing at their place, and properties that they don't have. */
export function checkVariables(uses: readonly VariableUse[], text: SdlText, context: VariableContext): void {
  for (const use of uses) {
    const fault = placementFault(use.variable, context) ?? propertyFault(use, context);
    if (fault !== undefined) context.report(errorAt(text.positionOf(use.offset), fault));
    const doubt = fault === undefined ? staticDoubt(use, context) : undefined;
    if (doubt !== undefined) context.report(warningAt(text.positionOf(use.offset), doubt));
  }
}

/** The variables that mean something at a place. */
export function availableVariables(context: VariableContext): readonly VariableName[] {
  return CONNECTOR_VARIABLES.filter((variable) => placementFault(variable, context) === undefined);
}

function placementFault(
  variable: VariableName,
  { owner, role, hasAnswer }: VariableContext,
): string | undefined {
  if (variable === '$config' || variable === '$env') return undefined;
  if (role === 'baseURL') return `${variable} is not available in baseURL; only $config and $env are`;
  if (variable === '$context' || variable === '$request') return undefined;
  if (variable === '$response' || variable === '$status') {
    if (role === 'request') return `${variable} is not available before the call has been made`;
    return hasAnswer ? undefined : `${variable} is not available in a connector without http`;
  }
  if (owner.kind === 'source') return `${variable} is not available in @source, which knows of no field`;
  if (variable === '$args' && owner.kind === 'type')
    return '$args is not available in @connect on a type; use $this or $batch';
  if (variable === '$batch' && owner.kind === 'field')
    return '$batch is only available in @connect on a type';
  if (variable === '$this' && owner.kind === 'field' && owner.isRoot) {
    return `$this is not available on fields of ${owner.typeName}; use $args`;
  }
  return undefined;
}

function propertyFault(use: VariableUse, context: VariableContext): string | undefined {
  const { schema, owner } = context;
  const [first] = use.path;
  if (use.variable === '$env' && first === undefined)
    return 'name the environment variable, as in $env.REGION';
  if (use.variable === '$request' || use.variable === '$response') {
    return first === undefined || first === 'headers'
      ? undefined
      : `${use.variable} has only headers, not "${first}"`;
  }
  if (schema === undefined || owner.kind === 'source') return undefined;
  if (use.variable === '$args' && owner.kind === 'field') return argumentFault(use.path, owner, schema);
  if (use.variable !== '$this' && use.variable !== '$batch') return undefined;
  const type = schema.getType(owner.typeName);
  if (!isObjectType(type)) return undefined;
  if (first === undefined)
    return `name the fields that are needed, as in ${use.variable}.${Object.keys(type.getFields())[0] ?? 'id'}`;
  return fieldFault(use.path, type);
}

function argumentFault(
  path: readonly string[],
  owner: { readonly typeName: string; readonly fieldName: string },
  schema: GraphQLSchema,
): string | undefined {
  const type = schema.getType(owner.typeName);
  const field = isObjectType(type) ? type.getFields()[owner.fieldName] : undefined;
  const [first, ...rest] = path;
  if (field === undefined) return undefined;
  if (first === undefined) {
    return field.args.length === 0 ? `${owner.typeName}.${owner.fieldName} has no arguments` : undefined;
  }
  const argument = findArgument(field, first);
  if (argument !== undefined) return inputFault(rest, argument.type);
  const known = field.args.map(({ name }) => name);
  return `${owner.typeName}.${owner.fieldName} has no argument "${first}".${suggestion(first, known)}`;
}

function findArgument(field: GraphQLField<unknown, unknown>, name: string): GraphQLArgument | undefined {
  return field.args.find((argument) => argument.name === name);
}

function inputFault(path: readonly string[], type: GraphQLInputType): string | undefined {
  const [first, ...rest] = path;
  const named = getNamedType(type);
  if (first === undefined || !isInputObjectType(named)) return undefined;
  const field = named.getFields()[first];
  if (field !== undefined) return inputFault(rest, field.type);
  return `input type ${named.name} has no field "${first}".${suggestion(first, Object.keys(named.getFields()))}`;
}

function fieldFault(path: readonly string[], type: GraphQLOutputType): string | undefined {
  const [first, ...rest] = path;
  const named = getNamedType(type);
  if (first === undefined || first === '__typename' || !isCompositeType(named)) return undefined;
  if (!isObjectType(named) && !isInterfaceType(named)) return undefined;
  const field = named.getFields()[first];
  if (field !== undefined) return fieldFault(rest, field.type);
  return `type ${named.name} has no field "${first}".${suggestion(first, Object.keys(named.getFields()))}`;
}

function staticDoubt(use: VariableUse, { config, env }: VariableContext): string | undefined {
  const [first] = use.path;
  if (first === undefined) return undefined;
  if (use.variable === '$env' && env[first] === undefined)
    return `the environment variable ${first} is not set`;
  if (use.variable !== '$config' || Object.hasOwn(config, first)) return undefined;
  return `the service's config has no "${first}".${suggestion(first, Object.keys(config))}`;
}
