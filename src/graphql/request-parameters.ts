import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/** What a request asks for (GraphQL over HTTP, "Request Parameters"). */
export interface RequestParameters {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: JsonObject | undefined;
}

const MEMBERS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/** Parameters of a POST's body; undefined unless each is as it should be and there is nothing else. */
export function readBodyParameters(text: string): RequestParameters | undefined {
  const body = parse(text);
  if (!isJsonObject(body)) return undefined;
  for (const member in body) if (!MEMBERS.has(member)) return undefined;
  return check(body.query, body.operationName, body.variables, body.extensions);
}

/** Parameters of a GET's query string, which begins with `?`; undefined unless each is as it should be. */
export function readQueryParameters(search: string): RequestParameters | undefined {
  const given = new URLSearchParams(search);
  const json = (name: string): Json | undefined => {
    const text = given.get(name);
    return text === null || text === '' ? null : parse(text);
  };
  const variables = json('variables');
  const extensions = json('extensions');
  if (variables === undefined || extensions === undefined) return undefined;
  // Empty is as good as absent.
  return check(given.get('query') || null, given.get('operationName') || null, variables, extensions);
}

function check(
  query: Json | undefined,
  operationName: Json | undefined,
  variables: Json | undefined,
  extensions: Json | undefined,
): RequestParameters | undefined {
  if (typeof query !== 'string') return undefined;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return undefined;
  if (!isObjectOrNothing(variables) || !isObjectOrNothing(extensions)) return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? undefined };
}

function isObjectOrNothing(value: Json | undefined): value is JsonObject | null | undefined {
  return value === undefined || value === null || isJsonObject(value);
}

/** Undefined if it is not JSON. */
function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
