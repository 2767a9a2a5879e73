import {
  type ASTNode,
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  validateSchema,
  visit,
} from 'graphql';
import { validateSDL } from 'graphql/validation/validate.js';
import { errorAt, offsetPosition, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import { type Position, suggestion } from '../../kernel/problem.ts';
import { watchReport } from '../watch-report.ts';
import { checkRoots } from './check-roots.ts';
import {
  DIRECTIVE_NAMES,
  isForeignDirective,
  isKnownDirective,
  NOT_YET,
  OWN_DIRECTIVES,
  REFUSED,
} from './known-directive.ts';
import type { MergedSdl } from './merge-sdl.ts';

export interface BuiltSchema {
  /** Everything that connectors may speak of, also what is `@inaccessible`. */
  readonly full: GraphQLSchema;
  /** What clients may see. */
  readonly visible: GraphQLSchema;
}

/**
 * Merged SDL → executable schemas without resolvers. Reports what plain GraphQL forbids (specification, 3.x), at
 * its place; undefined if there was any. `fallbackAt` is for faults that belong to no place.
 */
export function buildSchema(
  merged: MergedSdl,
  fallbackAt: Position,
  report: Report,
): BuiltSchema | undefined {
  const document = toDocument(merged);
  let faulty = false;
  const fail = (error: GraphQLError) => {
    faulty = true;
    report(errorAt(errorPosition(error) ?? fallbackAt, describe(error)));
  };
  checkUses(document, report);
  const roots = watchReport(report);
  checkRoots(merged, roots.report);
  const plain = withoutDirectives(document, isForeignDirective);
  validateSDL({ ...plain, definitions: [...OWN_DIRECTIVES.definitions, ...plain.definitions] }).forEach(fail);
  if (faulty) return undefined;
  const full = buildASTSchema(withoutDirectives(plain, isKnownDirective), { assumeValidSDL: true });
  const found = validateSchema(full);
  // Without a root type graphql-js has nothing more to say than that, and does not know where.
  if (full.getQueryType() === undefined && roots.failed()) return undefined;
  found.forEach(fail);
  if (faulty) return undefined;
  const shown = withoutDirectives(withoutInaccessible(document, report), isKnownDirective);
  validateSDL(shown).forEach((error) => {
    faulty = true;
    const message = error.message.replace(
      /^Unknown type "(.*?)"\..*$/,
      '"$1" is @inaccessible, but what has this type is not',
    );
    report(errorAt(errorPosition(error) ?? fallbackAt, message));
  });
  if (faulty) return undefined;
  const visible = buildASTSchema(shown, { assumeValidSDL: true });
  validateSchema(visible).forEach(fail);
  return faulty ? undefined : { full, visible };
}

function toDocument(merged: MergedSdl): DocumentNode {
  const definitions: DefinitionNode[] = [...merged.types.values()].map((type) =>
    type.kind === Kind.OBJECT_TYPE_DEFINITION
      ? { ...type, fields: type.fields?.filter(isOwnField) ?? [] }
      : type,
  );
  definitions.push(...merged.directives.values());
  if (merged.schema !== undefined) definitions.push(merged.schema);
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions };
  if (merged.types.has('JSON') || !mentions(document, 'JSON')) return document;
  // The one custom scalar that everybody needs may be used without being declared.
  return { ...document, definitions: [...definitions, JSON_SCALAR] };
}

const JSON_SCALAR: DefinitionNode = {
  kind: Kind.SCALAR_TYPE_DEFINITION,
  name: { kind: Kind.NAME, value: 'JSON' },
  description: { kind: Kind.STRING, value: 'Any JSON value.' },
};

/** `_service` and `_entities` are federation's own way in, which a gateway does not show. */
function isOwnField(field: { readonly name: { readonly value: string } }): boolean {
  return field.name.value !== '_service' && field.name.value !== '_entities';
}

function mentions(document: DocumentNode, type: string): boolean {
  let found = false;
  visit(document, {
    NamedType(node) {
      found ||= node.name.value === type;
    },
  });
  return found;
}

/** Refuses directives that can't be obeyed (yet). */
function checkUses(document: DocumentNode, report: Report): void {
  visit(document, {
    Directive(node) {
      const name = node.name.value;
      if (NOT_YET.has(name)) report(errorAt(positionOf(node), `@${name} is not available yet`));
      const reason = REFUSED.get(name);
      if (reason !== undefined) report(errorAt(positionOf(node), reason));
    },
  });
}

function withoutDirectives(document: DocumentNode, drop: (name: string) => boolean): DocumentNode {
  return visit(document, { Directive: (node) => (drop(node.name.value) ? null : undefined) });
}

function withoutInaccessible(document: DocumentNode, report: Report): DocumentNode {
  const hidden = new Set<string>();
  for (const definition of document.definitions) {
    if ('name' in definition && definition.name !== undefined && isInaccessible(definition)) {
      hidden.add(definition.name.value);
    }
  }
  const shown = visit(document, {
    enter(node) {
      return isInaccessible(node) ? null : undefined;
    },
  });
  return visit(shown, {
    UnionTypeDefinition(node) {
      const types = node.types?.filter(({ name }) => !hidden.has(name.value)) ?? [];
      if (types.length === 0)
        report(errorAt(positionOf(node), `every member of "${node.name.value}" is @inaccessible`));
      return { ...node, types };
    },
    ObjectTypeDefinition: (node) => ({
      ...node,
      interfaces: node.interfaces?.filter(({ name }) => !hidden.has(name.value)) ?? [],
    }),
    InterfaceTypeDefinition: (node) => ({
      ...node,
      interfaces: node.interfaces?.filter(({ name }) => !hidden.has(name.value)) ?? [],
    }),
  });
}

function isInaccessible(node: ASTNode): boolean {
  if (!('directives' in node)) return false;
  const directives = node.directives as readonly ConstDirectiveNode[] | undefined;
  return directives?.some(({ name }) => name.value === 'inaccessible') ?? false;
}

/** Where a GraphQL error points to first, in the file that the node came from. */
export function errorPosition(error: GraphQLError): Position | undefined {
  const node = error.nodes?.find(({ loc }) => loc !== undefined);
  if (node?.loc !== undefined) return offsetPosition(node.loc.source, node.loc.start);
  const offset = error.positions?.[0];
  return error.source === undefined || offset === undefined
    ? undefined
    : offsetPosition(error.source, offset);
}

/** graphql-js suggests types, fields and arguments, but not directives. */
function describe(error: GraphQLError): string {
  const unknown = /^Unknown directive "@(.+)"\.$/.exec(error.message)?.[1];
  if (unknown === undefined) return error.message;
  return `${error.message}${suggestion(unknown, DIRECTIVE_NAMES).replace('"', '"@')}`;
}
