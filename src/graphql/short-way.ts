import { LRUCache } from 'lru-cache';
import { deepFreeze } from '../blueprint/deep-freeze.ts';
import type { Documents } from './document/documents.ts';
import { readDocumentId } from './document/read-document-id.ts';
import { createWish, type OperationWish } from './join-operations.ts';
import type { FindOperation } from './known-operation.ts';
import { isTooDeep } from './nesting.ts';
import { type RequestParameters, readBodyParameters, readQueryParameters } from './request-parameters.ts';

/** Requests remembered by their text, and characters of all their texts. */
const MAX_REQUESTS = 1000;
const MAX_CHARACTERS = 1024 * 1024;
/** Characters of one that is worth it: a longer one is hardly sent twice. */
const LONGEST = 8 * 1024;

/** What a request asks for, if that is an operation that can be run without further ado. */
export interface ShortWay {
  /** By a POST's body, which is JSON. Undefined: it is not for this way. */
  ofBody(text: string): OperationWish | undefined;
  /** By a GET's query string, which begins with `?`. Never gives a mutation. */
  ofQuery(search: string): OperationWish | undefined;
}

export interface ShortWayOptions {
  readonly documents: Documents;
  readonly findOperation: FindOperation;
}

/**
 * Reads requests for valid queries and mutations. All others (and they need not be at fault) are for the GraphQL server,
 * which knows what to say. What was read lately is remembered by its text, so that a request that comes again is
 * neither parsed nor looked into.
 */
export function createShortWay(options: ShortWayOptions): ShortWay {
  const ofQuery = rememberWishes((search) => wishFor(readQueryParameters(search), options));
  return {
    ofBody: rememberWishes((text) => wishFor(readBodyParameters(text), options)),
    ofQuery: (search) => {
      const wish = ofQuery(search);
      return wish?.operation.kind === 'mutation' ? undefined : wish;
    },
  };
}

function wishFor(
  parameters: RequestParameters | undefined,
  { documents, findOperation }: ShortWayOptions,
): OperationWish | undefined {
  if (parameters === undefined) return undefined;
  const text = textOf(parameters, documents);
  if (text === undefined) return undefined;
  const prepared = documents.prepare(text);
  if (prepared.document === undefined || prepared.invalid !== undefined) return undefined;
  const operation = findOperation(prepared.document, parameters.operationName);
  if (operation === undefined || operation.kind === 'subscription') return undefined;
  return createWish(operation, parameters.variables);
}

/** A document that comes with an id is not for this way: it may have to be kept, once. */
function textOf(parameters: RequestParameters, documents: Documents): string | undefined {
  const { query } = parameters;
  try {
    const id = readDocumentId(parameters);
    if (id === undefined) return query;
    return query ? undefined : documents.known(id);
  } catch {
    return undefined;
  }
}

function rememberWishes(
  read: (text: string) => OperationWish | undefined,
): (text: string) => OperationWish | undefined {
  const remembered = new LRUCache<string, OperationWish>({
    max: MAX_REQUESTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_wish, text) => text.length,
  });
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const wish = read(text);
    if (wish === undefined || text.length > LONGEST || !isReusable(wish)) return wish;
    deepFreeze(wish.variables);
    remembered.set(text, wish);
    return wish;
  };
}

/** Frozen variables do for everything but resolvers of one's own; what is nested beyond measure can't be frozen. */
function isReusable({ operation, variables }: OperationWish): boolean {
  return operation.kind === 'query' && !operation.facts.custom && !isTooDeep(variables);
}
