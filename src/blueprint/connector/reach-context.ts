import type { GraphQLSchema } from 'graphql';
import type { Report } from '../../connect/directive/sdl-text.ts';
import type { Connector, EntityBlueprint } from '../blueprint.ts';
import type { BuiltConnector } from './build-connector.ts';

/** All ways to data that a schema has, for asking whether they lead everywhere. */
export interface ReachContext {
  readonly schema: GraphQLSchema;
  /** By coordinate, `Type.field`. */
  readonly fields: ReadonlyMap<string, readonly BuiltConnector[]>;
  readonly entities: ReadonlyMap<string, EntityBlueprint>;
  builtOf(connector: Connector): BuiltConnector | undefined;
  /** True if something else gives the field, of whose values nothing is known: a resolver in TypeScript. */
  isResolved(type: string, field: string): boolean;
  /** True if a connector of the type, or one that fetches it by key, is faulty and told of. */
  isDoubtful(type: string): boolean;
  /** True if it is not known which fields resolvers give: then a missing one is no fault. */
  readonly mayBeResolved: boolean;
  readonly report: Report;
}
