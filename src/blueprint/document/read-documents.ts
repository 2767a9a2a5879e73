import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';

/** Where something stands in a JSON file: keys and list indexes from the top. */
export type JsonPath = readonly (string | number)[];

/** One document of a file of trusted ones, with the place of its text. */
export interface ListedDocument {
  readonly id: string;
  readonly text: string;
  readonly at: JsonPath;
}

export type Fail = (at: JsonPath, message: string) => void;

const MANIFEST = 'apollo-persisted-query-manifest';

/**
 * Reads documents by id, as code generators write them (`{ "<id>": "query …" }`), or a manifest as Apollo's tools do
 * (`format: "apollo-persisted-query-manifest"`, version 1). What is neither is told to `fail` and left out.
 */
export function readDocuments(json: Json, fail: Fail): ListedDocument[] {
  if (!isJsonObject(json)) {
    fail([], `expected { "<id>": "query …" }, or a manifest of format "${MANIFEST}"`);
    return [];
  }
  return typeof json.format === 'string' && json.operations !== undefined
    ? readManifest(json, fail)
    : readMap(json, fail);
}

function readMap(json: JsonObject, fail: Fail): ListedDocument[] {
  return Object.entries(json).flatMap(([id, text]) => {
    if (typeof text === 'string') return [{ id, text, at: [id] }];
    fail([id], 'expected the text of a GraphQL document');
    return [];
  });
}

function readManifest({ format, version, operations }: JsonObject, fail: Fail): ListedDocument[] {
  if (format !== MANIFEST) fail(['format'], `expected "${MANIFEST}"`);
  if (version !== 1) fail(['version'], 'expected version 1 of the manifest');
  if (!Array.isArray(operations)) {
    fail(['operations'], 'expected a list of { "id", "body" }');
    return [];
  }
  return operations.flatMap((operation: Json, i): ListedDocument[] => {
    if (isJsonObject(operation) && typeof operation.id === 'string' && typeof operation.body === 'string')
      return [{ id: operation.id, text: operation.body, at: ['operations', i, 'body'] }];
    fail(['operations', i], 'expected { "id", "body" } with the text of a GraphQL document as its body');
    return [];
  });
}
