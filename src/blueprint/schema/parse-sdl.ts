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

/** Parses one SDL file (GraphQL specification, October 2021); undefined if it has a syntax error, which is reported. */
export function parseSdl({ file, text }: SdlFile, report: Report): ParsedSdl | undefined {
  const document = parseText(new Source(text, file), report);
  if (document === undefined) return undefined;
  const links = readLinks(document, report);
  const renamed = visit(document, {
    Directive(node) {
      const name = links.canonical(node.name.value);
      return name === node.name.value ? undefined : { ...node, name: { ...node.name, value: name } };
    },
  });
  const definitions = renamed.definitions.filter((definition) => isOwn(definition, links, report));
  return { file, links, definitions };
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
  return !('name' in definition) || definition.name === undefined || !isForeignType(definition.name.value);
}
