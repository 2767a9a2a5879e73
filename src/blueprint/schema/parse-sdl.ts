import { type DefinitionNode, type DocumentNode, GraphQLError, Kind, parse, Source, visit } from 'graphql';
import { type Links, readLinks } from '../../connect/directive/read-links.ts';
import { errorAt, offsetPosition, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import { isForeignType, isKnownDirective } from './known-directive.ts';

export interface SdlFile {
  readonly file: string;
  readonly text: string;
}

/** One file in the specifications' own names, without definitions of what they define. */
export interface ParsedSdl {
  readonly file: string;
  readonly links: Links;
  readonly definitions: readonly DefinitionNode[];
}

/** All files that could be parsed; `complete` if these are all that there are. */
export interface ParsedFiles {
  readonly files: readonly ParsedSdl[];
  readonly complete: boolean;
}

/**
 * Parses SDL files, each for itself, so that a syntax error in one hides nothing of the others (GraphQL
 * specification, October 2021). A file that does not link to the Connect specification goes by the newest link
 * of the others.
 */
export function parseSdl(sdl: readonly SdlFile[], report: Report): ParsedFiles {
  const documents = sdl.flatMap(({ file, text }) => {
    const document = parseText(new Source(text, file), report);
    return document === undefined ? [] : [{ file, document, links: readLinks(document, report) }];
  });
  const common = newestLinks(documents.map(({ links }) => links));
  const files = documents.map(({ file, document, links }) => {
    const own = links.connect === undefined && common !== undefined ? inherit(links, common) : links;
    return { file, links: own, definitions: canonicalDefinitions(document, own, report) };
  });
  return { files, complete: documents.length === sdl.length };
}

function newestLinks(all: readonly Links[]): Links | undefined {
  const linked = all.filter(({ connect }) => connect !== undefined);
  return linked.sort((a, b) => (b.connect?.version ?? '').localeCompare(a.connect?.version ?? ''))[0];
}

/** The file's own names first, then those of the file that has the link. */
function inherit(own: Links, common: Links): Links {
  return { connect: common.connect, canonical: (name) => common.canonical(own.canonical(name)) };
}

function canonicalDefinitions(
  document: DocumentNode,
  links: Links,
  report: Report,
): readonly DefinitionNode[] {
  const renamed = visit(document, {
    Directive(node) {
      const name = links.canonical(node.name.value);
      return name === node.name.value ? undefined : { ...node, name: { ...node.name, value: name } };
    },
  });
  return renamed.definitions.filter((definition) => isOwn(definition, links, report));
}

function parseText(source: Source, report: Report): DocumentNode | undefined {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const message = error.message.replace(/^Syntax Error: /, '');
    report(errorAt(offsetPosition(source, error.positions?.[0] ?? 0), `syntax error: ${message}`));
    return undefined;
  }
}

/** A file with nothing but comments parses to nothing; operations have no place in a schema. */
function isOwn(definition: DefinitionNode, links: Links, report: Report): boolean {
  if (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION) {
    report(errorAt(positionOf(definition), 'an operation or fragment has no place in a schema file'));
    return false;
  }
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) {
    return !isKnownDirective(links.canonical(definition.name.value));
  }
  if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) return true;
  const name = 'name' in definition ? definition.name?.value : undefined;
  return name === undefined || !(isForeignType(name) || isForeignType(links.canonical(name)));
}
