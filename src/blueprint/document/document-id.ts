import { createHash } from 'node:crypto';

/** What a document goes by, in a request or in a file of trusted documents. */
export interface DocumentId {
  /** Without the prefix `sha256:`. */
  readonly id: string;
  /** The same if it is a SHA-256 in hex (lower case): it can be held against the document's text. */
  readonly hash: string | undefined;
}

const HASH = /^[0-9a-f]{64}$/i;
const PREFIX = 'sha256:';

/** Reads an id as it is written, with or without its prefix (GraphQL over HTTP, "Identifying a Document"). */
export function documentIdOf(text: string): DocumentId {
  const bare = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  if (!HASH.test(bare)) return { id: text, hash: undefined };
  const hash = bare.toLowerCase();
  return { id: hash, hash };
}

/** The SHA-256 of a document's text in UTF-8, in hex. */
export function hashOf(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}
