import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/** What a request asks for (GraphQL over HTTP, "Request Parameters"). */
export interface RequestParameters {
  /** Undefined where the document is named by what follows. */
  readonly query: string | undefined;
  readonly documentId: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: JsonObject | undefined;
  readonly extensions: JsonObject | undefined;
}

const MEMBERS: ReadonlySet<string> = new Set([
  'query',
  'documentId',
  'operationName',
  'variables',
  'extensions',
]);

/** Parameters of a POST's body; undefined unless each is as it should be and there is nothing else. */
export function readBodyParameters(text: string): RequestParameters | undefined {
  const body = parse(text);
  if (!isJsonObject(body)) return undefined;
  for (const member in body) if (!MEMBERS.has(member)) return undefined;
  return check(body);
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
  return check({
    query: given.get('query') || null,
    documentId: given.get('documentId') || null,
    operationName: given.get('operationName') || null,
    variables,
    extensions,
  });
}

function check(given: JsonObject): RequestParameters | undefined {
  const { query, documentId, operationName, variables, extensions } = given;
  if (!isTextOrNothing(query) || !isTextOrNothing(documentId) || !isTextOrNothing(operationName))
    return undefined;
  if (!isObjectOrNothing(variables) || !isObjectOrNothing(extensions)) return undefined;
  return {
    query: query ?? undefined,
    documentId: documentId ?? undefined,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  };
}

function isTextOrNothing(value: Json | undefined): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
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
