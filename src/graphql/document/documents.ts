import { GraphQLError, Kind } from 'graphql';
import type { TrustedDocuments } from '../../blueprint/blueprint.ts';
import { type DocumentId, hashOf } from '../../blueprint/document/document-id.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { Prepared } from '../document-cache.ts';
import type { PersistedDocuments } from './persisted-documents.ts';

/** The documents that requests may name, and the rule for those that they bring along. */
export interface Documents {
  /** Looks at a document that a client wants to have run; one that may not be run is unreadable, and the reason says so. */
  prepare(text: string): Prepared;
  /** The text of a document that is at hand. */
  known(id: DocumentId): string | undefined;
  /**
   * The text of a document that a request names, which it may bring along for the first time. Throws
   * PERSISTED_QUERY_NOT_FOUND if it has to be brought, BAD_USER_INPUT if what is brought is another one.
   */
  find(id: DocumentId, brought: string | undefined): Promise<string>;
}

export interface DocumentsOptions {
  readonly trusted: TrustedDocuments;
  readonly persisted: PersistedDocuments;
  /** Parses and validates a client's document. */
  readonly prepare: (text: string) => Prepared;
  /** The same for a document of the operator's own. */
  readonly prepareTrusted: (text: string) => Prepared;
}

export function createDocuments(options: DocumentsOptions): Documents {
  const { trusted, persisted } = options;
  const texts = new Set(trusted.byId.values());

  // Trust is in the text, not in the way it was asked for: a client may as well send the whole of it.
  function prepare(text: string): Prepared {
    if (texts.has(text)) return options.prepareTrusted(text);
    return trusted.only ? { document: undefined, unreadable: notTrusted() } : options.prepare(text);
  }

  function isGood(text: string): boolean {
    const prepared = prepare(text);
    if (prepared.document === undefined || prepared.invalid !== undefined) return false;
    return prepared.document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  }

  const known: Documents['known'] = ({ id, hash }) =>
    trusted.byId.get(id) ?? (hash === undefined || trusted.only ? undefined : persisted.known(hash));

  async function find(id: DocumentId, brought: string | undefined): Promise<string> {
    if (brought !== undefined) return take(id, brought);
    const text = known(id) ?? (await fetch(id));
    if (text === undefined) throw new GatewayError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    return text;
  }

  async function fetch({ hash }: DocumentId): Promise<string | undefined> {
    return hash === undefined || trusted.only ? undefined : persisted.fetch(hash, isGood);
  }

  function take({ id, hash }: DocumentId, text: string): string {
    if (trusted.byId.get(id) === text) return text;
    if (hash === undefined || hashOf(text) !== hash)
      throw new GatewayError('BAD_USER_INPUT', 'The query is not the one that its id or hash stands for');
    if (!trusted.only && isGood(text)) persisted.keep(hash, text);
    return text;
  }

  return { prepare, known, find };
}

function notTrusted(): GraphQLError {
  const message = 'Only documents that this gateway knows are answered; name one by its id';
  return new GraphQLError(message, { originalError: new GatewayError('FORBIDDEN', message) });
}
