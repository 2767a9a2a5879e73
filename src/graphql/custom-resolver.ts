import type { GraphQLResolveInfo } from 'graphql';
import type { ResolverContext } from './resolver-context.ts';

/** A field's resolver, as a person writes it. */
export type ResolverFunction = (
  parent: unknown,
  args: Record<string, unknown>,
  context: ResolverContext,
  info: GraphQLResolveInfo,
) => unknown;

/** A field that the resolvers' module answers. */
export interface CustomField {
  readonly resolve: ResolverFunction;
  /** Fields of the parent that must be there first; they are fetched if the parent came without them. */
  readonly requires: readonly string[];
}

/** By coordinate, `Type.field`. */
export type CustomResolvers = ReadonlyMap<string, CustomField>;

/** A module of resolvers. */
export interface LoadedResolvers {
  readonly file: string;
  readonly fields: CustomResolvers;
}
