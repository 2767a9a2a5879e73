import { type DocumentId, documentIdOf } from '../../blueprint/document/document-id.ts';
import { GatewayError } from '../../kernel/error.ts';
import { isJsonObject } from '../../kernel/json.ts';

/** The parameters of a request that may name a document; whatever a client put there. */
export interface IdParameters {
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/**
 * Reads `documentId` (GraphQL over HTTP, "Persisted Document Request"), else `extensions.persistedQuery` as Apollo's
 * clients send it. Undefined if there is neither; throws BAD_USER_INPUT for what is there and names nothing.
 */
export function readDocumentId({ documentId, extensions }: IdParameters): DocumentId | undefined {
  if (documentId !== undefined && documentId !== null) {
    if (typeof documentId !== 'string') throw refuse('"documentId" is not a string');
    return documentIdOf(documentId);
  }
  const asked = isJsonObject(extensions) ? extensions.persistedQuery : undefined;
  if (asked === undefined || asked === null) return undefined;
  if (!isJsonObject(asked)) throw refuse('"extensions.persistedQuery" is not an object');
  if (asked.version !== 1) throw refuse('"extensions.persistedQuery" is not of version 1');
  if (typeof asked.sha256Hash !== 'string') throw refuse('"extensions.persistedQuery" has no "sha256Hash"');
  return documentIdOf(asked.sha256Hash);
}

function refuse(message: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', message);
}
