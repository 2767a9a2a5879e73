import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { errorAt, type Report } from '../../connect/directive/sdl-text.ts';
import type { Json } from '../../kernel/json.ts';
import type { SdlFile } from '../schema/parse-sdl.ts';
import { documentIdOf, hashOf } from './document-id.ts';
import { type JsonPlaces, jsonPlaces } from './json-places.ts';
import { readDocuments } from './read-documents.ts';

/**
 * The documents of a file of trusted ones, by their ids. Each must be valid for the schema, and be the one that its id
 * says if that is a SHA-256; what is wrong is reported at its place in the file.
 */
export function buildTrustedDocuments(
  { file, text }: SdlFile,
  schema: GraphQLSchema,
  report: Report,
): ReadonlyMap<string, string> {
  const places = jsonPlaces(text, file);
  const json = parseJson(text, places, report);
  if (json === undefined) return new Map();
  const byId = new Map<string, string>();
  const listed = readDocuments(json, (at, message) => report(errorAt(places.atPath(at), message)));
  for (const document of listed) {
    const fail = (message: string, inner?: number) =>
      report(errorAt(places.atPath(document.at, inner), `document "${document.id}": ${message}`));
    const { id, hash } = documentIdOf(document.id);
    if (hash !== undefined && hash !== hashOf(document.text))
      fail(`its id is not the SHA-256 of its text, which is ${hashOf(document.text)}`);
    if (byId.has(id) && byId.get(id) !== document.text) fail('another document has the same id');
    for (const { message, offset } of faultsIn(document.text, schema)) fail(message, offset);
    byId.set(id, document.text);
  }
  return byId;
}

function parseJson(text: string, places: JsonPlaces, report: Report): Json | undefined {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Node does not always tell the place; it then shows the text around it.
    const offset = Number(/at position (\d+)/.exec(said)?.[1] ?? 0);
    const reason = said.replace(/ (in JSON )?at position .*$/, '').replace(/\s+/g, ' ');
    report(errorAt(places.atOffset(offset), `not JSON: ${reason}`));
    return undefined;
  }
}

interface DocumentFault {
  readonly message: string;
  /** In the document's text. */
  readonly offset?: number | undefined;
}

function faultsIn(text: string, schema: GraphQLSchema): DocumentFault[] {
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) return [asFault(error)];
    if (error instanceof RangeError) return [{ message: 'it is nested too deeply' }];
    throw error;
  }
  if (!document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION))
    return [{ message: 'it has no operation' }];
  return validate(schema, document).map(asFault);
}

function asFault({ message, positions }: GraphQLError): DocumentFault {
  return { message, offset: positions?.[0] };
}
