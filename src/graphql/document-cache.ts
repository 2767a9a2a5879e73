import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

/**
 * Documents kept, and characters of their text in all: clients may send any number of different ones. A parsed one
 * takes some hundred times the memory of its text, and few front ends have as many as a thousand.
 */
const MAX_DOCUMENTS = 1000;
const MAX_CHARACTERS = 1024 * 1024;

/** A document's text, looked at once: parsed and valid, or why not. */
export type Prepared =
  | { readonly document: DocumentNode; readonly invalid: undefined }
  | { readonly document: DocumentNode; readonly invalid: readonly GraphQLError[] }
  | { readonly document: undefined; readonly unreadable: GraphQLError };

export interface DocumentCacheOptions {
  readonly introspection: boolean;
  /** Errors name no fields or types that the client did not name. */
  readonly hideSuggestions: boolean;
}

/** Parses and validates; what was seen lately is remembered. */
export function createDocumentCache(
  schema: GraphQLSchema,
  options: DocumentCacheOptions,
): (text: string) => Prepared {
  const rules = options.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const cache = new LRUCache<string, Prepared>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_prepared, text) => text.length + 1,
  });
  const prepare = (text: string): Prepared => {
    try {
      const document = parse(text);
      const errors = validate(schema, document, rules, { hideSuggestions: options.hideSuggestions });
      return { document, invalid: errors.length > 0 ? errors : undefined };
    } catch (error) {
      return { document: undefined, unreadable: unreadable(error) };
    }
  };
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const prepared = prepare(text);
    cache.set(text, prepared);
    return prepared;
  };
}

function unreadable(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  // Both walks are recursive, and a client decides how deep.
  if (error instanceof RangeError) return new GraphQLError('The document is nested too deeply');
  throw error;
}
