import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config/schema/config.ts';
import type { RouteConfig } from '../config/schema/route.ts';
import type { ServiceConfig } from '../config/schema/service.ts';
import type { Mapping, Shape, Variables, VariableUse } from '../connect/mapping/mapping.ts';
import type { Json } from '../kernel/json.ts';
import type { Position, Problem } from '../kernel/problem.ts';
import type { Limit, LimitRule } from '../limits/limit.ts';

/** Configuration and SDL, merged, checked and frozen: all that a runtime needs to be compiled. */
export interface Blueprint {
  readonly config: Config;
  /** Folder of the configuration file; relative paths start here. */
  readonly folder: string;
  /** Every downstream service: those of the configuration and those that only the SDL names. */
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Absent if the configuration has no `graphql`. */
  readonly graphql: GraphqlBlueprint | undefined;
  /** In order of precedence: the first one that matches answers. */
  readonly routes: readonly RouteBlueprint[];
  readonly warnings: readonly Problem[];
}

export interface GraphqlBlueprint {
  /** The public schema: no Connect or federation definitions, nothing inaccessible; without resolvers. */
  readonly schema: GraphQLSchema;
  readonly sdl: string;
  /** By coordinate, `Type.field`; only fields that have something of their own. */
  readonly fields: ReadonlyMap<string, FieldBlueprint>;
  /** By type name; only object types that can be fetched by key. */
  readonly entities: ReadonlyMap<string, EntityBlueprint>;
  readonly trusted: TrustedDocuments;
  readonly costs: CostRules;
}

/** What `@cost` and `@listSize` say (ibm.github.io/graphql-specs/cost-spec.html). */
export interface CostRules {
  /** Weights of types by their names. */
  readonly types: ReadonlyMap<string, number>;
  /** Weights of fields, arguments and input fields: `Type.field`, `Type.field(argument:)`, `Input.field`. */
  readonly elements: ReadonlyMap<string, number>;
  /** By coordinate, `Type.field`. */
  readonly lists: ReadonlyMap<string, ListSize>;
}

export interface ListSize {
  /** Items where no argument tells; undefined: nobody has said. */
  readonly assumed: number | undefined;
  /** Paths into the arguments: each tells how many items there are at the most. */
  readonly slicing: readonly (readonly string[])[];
  /** Paths of the lists below the field whose size it is; empty: the field is the list. */
  readonly sized: readonly (readonly string[])[];
  /** One of the slicing arguments must be given, and no more than one. */
  readonly requireOne: boolean;
}

/** The operator's own documents, all of them valid. */
export interface TrustedDocuments {
  /** Their texts, by the ids that clients name them by; a SHA-256 without its prefix. */
  readonly byId: ReadonlyMap<string, string>;
  /** No other document is answered. */
  readonly only: boolean;
}

export interface FieldBlueprint {
  readonly coordinate: string;
  /** Several complement each other: those that the selected fields need are called. */
  readonly connectors: readonly Connector[];
  readonly fallback: FieldFallback | undefined;
  /** From the field and from the type it returns. */
  readonly access: AccessRule | undefined;
  /** `@rateLimit` of the field and of the interfaces' fields that it implements: all of them hold. */
  readonly limits: readonly FieldLimit[];
}

export interface FieldLimit {
  readonly limit: Limit;
  /** Paths into the arguments: different values are counted apart. */
  readonly identity: readonly (readonly string[])[];
  /** Path into the arguments, to a list whose items are counted; undefined: each use counts once. */
  readonly list: readonly string[] | undefined;
}

export interface FieldFallback {
  /** Undefined: no value was given, only `stale`. An explicit null is a value. */
  readonly value: Json | undefined;
  /** Milliseconds that the last good answer may be old; 0: none is kept. */
  readonly stale: number;
}

export interface AccessRule {
  /** A caller is needed; true as well if any scope or role is. */
  readonly authenticated: boolean;
  /** One of the lists must be held in full; empty: none asked for. */
  readonly scopes: readonly (readonly string[])[];
  /** One of them must be held; empty: none asked for. */
  readonly roles: readonly string[];
}

export interface EntityBlueprint {
  readonly typeName: string;
  /** Ways to fetch it; the one that gives all the missing fields and whose key the parent has is taken. */
  readonly connectors: readonly EntityConnector[];
}

export interface EntityConnector {
  readonly connector: Connector;
  /**
   * `batch`: `$batch` holds the keys of a level; `single`: `$this` holds one entity's fields;
   * `args`: a root field with `entity: true`, whose `$args` are the key.
   */
  readonly mode: 'batch' | 'single' | 'args';
  /** The entity's fields that the request needs, as paths: `[['id'], ['store', 'id']]`. */
  readonly key: readonly (readonly string[])[];
}

/** One `@connect`, ready to make a request and to read its answer. */
export interface Connector {
  /** `Query.posts@connect[0]`, `User@connect[0]`. */
  readonly coordinate: string;
  readonly id: string | undefined;
  readonly position: Position;
  /** Name in `Blueprint.services`; undefined for a connector without `http`, which calls nobody. */
  readonly service: string | undefined;
  readonly request: ConnectorRequest | undefined;
  readonly selection: Mapping;
  /** Fields of the output type that the selection gives, by name, nested: what needs no further call. */
  readonly provides: Shape;
  readonly isSuccess: Mapping | undefined;
  readonly errors: { readonly message: Mapping | undefined; readonly extensions: Mapping | undefined };
  /** Keys in one call at the most; undefined: no bound. */
  readonly maxBatch: number | undefined;
  /** Every variable that the request or the answer's mapping looks at: tells what must be there before the call. */
  readonly uses: readonly VariableUse[];
}

export interface ConnectorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The same input gives the same bytes. Throws a `GatewayError` (BAD_USER_INPUT) if a value can't be sent where it stands. */
  render(variables: Variables): RenderedRequest;
  /** Names (lower case) of the client's headers that it copies with `from`. */
  readonly forwards: readonly string[];
}

export interface RenderedRequest {
  /** Path and query below the target's base URL; starts with `/`. */
  readonly path: string;
  /** Set by the connector, flat: name, value, name, value. `from` headers are taken from `$request.headers`. */
  readonly headers: readonly string[];
  /** JSON or form text; undefined: no body. */
  readonly body: string | undefined;
}

export interface RouteBlueprint {
  /** `GET,POST /api/users/{id}`, for logs and tables; never made from a request. */
  readonly label: string;
  readonly config: RouteConfig;
  readonly position: Position;
  readonly pattern: PathPattern;
  /** Effective: the route's own, else `auth.default`. */
  readonly auth: 'required' | 'optional' | 'none' | 'service';
  /** Effective: the route's own, else `limits.default`; undefined: it asked for none. */
  readonly limit: LimitRule | undefined;
  readonly request: RewritingBlueprint | undefined;
  readonly response: RewritingBlueprint | undefined;
}

export interface RewritingBlueprint {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
  readonly body: Mapping | undefined;
}

/** `/orders/{id}/lines/*` → segments `orders`, `{id}`, `lines`, and a rest. */
export interface PathPattern {
  readonly source: string;
  readonly segments: readonly PathSegment[];
  /** True with a final `*`: also matches without it, with and without the slash. */
  readonly rest: boolean;
}
export type PathSegment = { readonly literal: string } | { readonly parameter: string };
