import { type DocumentNode, Kind, visit } from 'graphql';

/** Names of the variables that decide in `@skip` and `@include` what of a document is run. */
export function steeringVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
