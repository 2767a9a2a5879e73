import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  MaxIntrospectionDepthRule,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { GatewayError } from '../kernel/error.ts';
import type { OperationLimits } from './limit/operation-limits.ts';

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
  /** Absent: the documents are the operator's own. */
  readonly limits?: OperationLimits;
}

/** How deep introspection may go is said by the limits: this rule goes through a fragment each time that it is spread. */
const RULES = specifiedRules.filter((rule) => rule !== MaxIntrospectionDepthRule);

/** Parses and validates; what was seen lately is remembered. What is beyond the limits is not looked at any further. */
export function createDocumentCache(
  schema: GraphQLSchema,
  options: DocumentCacheOptions,
): (text: string) => Prepared {
  const { limits } = options;
  const rules = options.introspection ? RULES : [...RULES, NoSchemaIntrospectionCustomRule];
  const cache = new LRUCache<string, Prepared>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_prepared, text) => text.length + 1,
  });
  const prepare = (text: string): Prepared => {
    try {
      const document = parse(text);
      const excess = limits?.ofDocument(document);
      if (excess !== undefined) return { document: undefined, unreadable: asGraphqlError(excess) };
      const errors = validate(schema, document, rules, { hideSuggestions: options.hideSuggestions });
      if (options.hideSuggestions) errors.forEach(dropSuggestion);
      return { document, invalid: errors.length > 0 ? errors : undefined };
    } catch (error) {
      return { document: undefined, unreadable: unreadable(error) };
    }
  };
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const excess = limits?.ofText(text);
    // Found out again more cheaply than remembered.
    if (excess !== undefined) return { document: undefined, unreadable: asGraphqlError(excess) };
    const prepared = prepare(text);
    cache.set(text, prepared);
    return prepared;
  };
}

/**
 * The same for the operator's own documents, to which limits on their size don't apply. One that keeps to them is the
 * same one that a client may send, so that both are run as one.
 */
export function createOwnDocuments(
  prepare: (text: string) => Prepared,
  limits: OperationLimits,
  prepareUnlimited: (text: string) => Prepared,
): (text: string) => Prepared {
  return (text) => {
    const prepared = prepare(text);
    const isWithin = prepared.document !== undefined && !limits.isTooLarge(prepared.document);
    return isWithin ? prepared : prepareUnlimited(text);
  };
}

function asGraphqlError(originalError: GatewayError): GraphQLError {
  return new GraphQLError(originalError.message, { originalError });
}

/** One rule makes its suggestion in any case. */
function dropSuggestion(error: GraphQLError): void {
  error.message = error.message.replace(/ Did you mean "[^"]*"\?$/, '');
}

function unreadable(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  // Both walks are recursive, and a client decides how deep.
  if (error instanceof RangeError) return new GraphQLError('The document is nested too deeply');
  throw error;
}
