import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  type TypeNode,
  typeFromAST,
} from 'graphql';
import { GatewayError } from '../kernel/error.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/** Where values come from, the first one that has a name counting most. */
export interface ValueSources {
  /** Segments of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Json | undefined;
}

interface Variable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly required: boolean;
}

/** A text that stands for no value of the type; the message says what was expected. */
class Misfit extends Error {}

/**
 * Compiles an operation's variable definitions into a function that reads their values by name. Text is converted
 * to the variable's type. What it gives are values as JSON has them; it throws BAD_USER_INPUT with one problem for
 * each variable that is missing or does not fit.
 */
export function compileVariables(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): (sources: ValueSources) => JsonObject {
  const variables = (operation.variableDefinitions ?? []).map((definition): Variable => {
    const type = typeFromAST(schema, definition.type as TypeNode) as GraphQLInputType | undefined;
    const name = definition.variable.name.value;
    if (!type) throw new Error(`$${name} has a type that the schema does not have`);
    return { name, type, required: isNonNullType(type) && definition.defaultValue === undefined };
  });
  return (sources) => {
    const values: Record<string, Json> = {};
    const problems: { at: string; message: string }[] = [];
    for (const variable of variables) {
      const raw = findValue(variable.name, sources);
      const { value, faults } = readVariable(variable, raw);
      if (value !== undefined) values[variable.name] = value;
      problems.push(...faults.map((message) => ({ at: variable.name, message })));
    }
    if (problems.length > 0) throw new GatewayError('BAD_USER_INPUT', 'Bad request', { problems });
    return values;
  };
}

function findValue(name: string, { path, query, body }: ValueSources): Json | undefined {
  if (Object.hasOwn(path, name)) return path[name];
  const fromQuery = query[name];
  if (fromQuery !== undefined) return fromQuery;
  return isJsonObject(body) && Object.hasOwn(body, name) ? (body as JsonObject)[name] : undefined;
}

function readVariable(
  { type, required }: Variable,
  raw: Json | undefined,
): { value: Json | undefined; faults: string[] } {
  if (raw === undefined) return { value: undefined, faults: required ? ['is required'] : [] };
  try {
    const value = convert(raw, type);
    const faults: string[] = [];
    coerceInputValue(value, type, (path, _invalid, error) => {
      faults.push(path.length === 0 ? error.message : `${path.join('.')}: ${error.message}`);
    });
    return { value, faults };
  } catch (error) {
    if (error instanceof Misfit) return { value: undefined, faults: [error.message] };
    throw error;
  }
}

/** Text becomes what the type wants; what is not text is left to GraphQL's own rules. */
function convert(raw: Json, type: GraphQLInputType): Json {
  const bare = getNullableType(type);
  if (isListType(bare)) {
    const items: readonly Json[] = Array.isArray(raw) ? raw : [raw];
    return items.map((item) => convert(item, bare.ofType));
  }
  if (Array.isArray(raw) && typeof raw[0] === 'string') throw new Misfit('was given more than once');
  if (typeof raw !== 'string') return raw;
  if (isInputObjectType(bare)) return parseObject(raw);
  if (isEnumType(bare)) {
    if (bare.getValue(raw)) return raw;
    throw new Misfit(
      `must be one of ${bare
        .getValues()
        .map(({ name }) => name)
        .join(', ')}`,
    );
  }
  return convertScalar(raw, bare.name);
}

function convertScalar(text: string, scalar: string): Json {
  switch (scalar) {
    case 'Int':
      if (/^[+-]?\d+$/.test(text)) return Number(text);
      throw new Misfit('must be a whole number');
    case 'Float':
      if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
      throw new Misfit('must be a number');
    case 'Boolean':
      if (text === 'true' || text === '1') return true;
      if (text === 'false' || text === '0') return false;
      throw new Misfit('must be true or false');
    default:
      return text;
  }
}

function parseObject(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch {
    // Not JSON at all: the same fault.
  }
  throw new Misfit('must be a JSON object');
}
