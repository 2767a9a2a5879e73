import { Kind } from 'graphql';
import { errorAt, positionOf, type Report, warningAt } from '../../connect/directive/sdl-text.ts';
import { nearest, suggestion } from '../../kernel/problem.ts';
import { DIRECTIVE_NAMES, isKnownDirective } from './known-directive.ts';
import type { MergedSdl } from './merge-sdl.ts';

const ROOTS = ['Query', 'Mutation', 'Subscription'];

/**
 * Reports what GraphQL's own rules let pass, or tell of without a place: unknown directives on the schema itself,
 * and types that were most likely meant to be a root type.
 */
export function checkRoots(merged: MergedSdl, report: Report): void {
  for (const node of merged.schemaDirectives) {
    const name = node.name.value;
    if (isKnownDirective(name) || merged.directives.has(name)) continue;
    const hint = suggestion(name, DIRECTIVE_NAMES).replace('"', '"@');
    report(errorAt(positionOf(node), `Unknown directive "@${name}".${hint}`));
  }
  if (merged.schema !== undefined) return;
  const missing = ROOTS.filter((root) => !merged.types.has(root));
  for (const type of merged.types.values()) {
    const root = type.kind === Kind.OBJECT_TYPE_DEFINITION ? nearest(type.name.value, missing) : undefined;
    if (root === undefined) continue;
    const message = `"${type.name.value}" is no root type, so that no operation begins there. Did you mean "${root}"?`;
    report((root === 'Query' ? errorAt : warningAt)(positionOf(type.name), message));
  }
}
