import { type DocumentNode, parse } from 'graphql';

/**
 * Definitions of Portico's own directives. Users need not write them; if they do, these count.
 * They serve to check uses and are no part of the public schema.
 */
export const OWN_DIRECTIVES: DocumentNode = parse(
  `
  scalar portico__JSON
  scalar portico__Scope
  enum portico__CacheScope { PUBLIC PRIVATE }
  directive @fallback(value: portico__JSON, stale: String) on FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @requiresScopes(scopes: [[portico__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @requiresRoles(roles: [String!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @rateLimit(max: Int, window: String, message: String, identityArgs: [String!], arrayLengthField: String) on FIELD_DEFINITION
  directive @cacheControl(maxAge: Int, scope: portico__CacheScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean) on FIELD_DEFINITION
  directive @emit(topic: String!, type: String!, key: String, data: String) repeatable on FIELD_DEFINITION
  directive @subscribe(topic: String!, filter: String, selection: String) on FIELD_DEFINITION
  `,
  { noLocation: true },
);

/** Those whose behaviour is not there yet: refused, because a rule that is silently ignored is worse than none. */
export const NOT_YET: ReadonlySet<string> = new Set(['cacheControl', 'emit', 'subscribe']);

export const ACCESS_DIRECTIVES: ReadonlySet<string> = new Set([
  'authenticated',
  'requiresScopes',
  'requiresRoles',
]);

const OWN: ReadonlySet<string> = new Set([
  ...NOT_YET,
  ...ACCESS_DIRECTIVES,
  'fallback',
  'cost',
  'listSize',
  'rateLimit',
]);

/** Of the Connect and link specifications. */
const CONNECT: ReadonlySet<string> = new Set(['connect', 'source', 'link', 'core']);

/**
 * Of Apollo Federation: a schema that carries them runs here unchanged. They speak of composing several
 * subgraphs, of which there is one here, so that there is nothing to be done for them.
 */
const FEDERATION: ReadonlySet<string> = new Set([
  'cacheTag',
  'composeDirective',
  'extends',
  'external',
  'inaccessible',
  'interfaceObject',
  'key',
  'override',
  'provides',
  'requires',
  'shareable',
  'tag',
]);

/** Federation's directives that change what a caller may see or what a field gets; there is nothing here to obey them with. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  [
    'policy',
    '@policy is decided outside of the schema and is not supported; use @requiresRoles or @requiresScopes',
  ],
  ['context', '@context is not supported; use $this or $args in the connector'],
  ['fromContext', '@fromContext is not supported; use $this or $args in the connector'],
]);

/** True for directives that Portico, Connect or federation define. */
export function isKnownDirective(name: string): boolean {
  return OWN.has(name) || CONNECT.has(name) || FEDERATION.has(name) || REFUSED.has(name);
}

/** True for directives that are read and then taken out before the SDL is validated as plain GraphQL. */
export function isForeignDirective(name: string): boolean {
  return CONNECT.has(name) || FEDERATION.has(name) || REFUSED.has(name);
}

/** Names to suggest for a misspelt directive. */
export const DIRECTIVE_NAMES: readonly string[] = [
  ...OWN,
  ...CONNECT,
  ...FEDERATION,
  'deprecated',
  'specifiedBy',
  'oneOf',
];

const FOREIGN_TYPES: ReadonlySet<string> = new Set([
  '_Any',
  '_Entity',
  '_FieldSet',
  '_Service',
  'ConnectBatch',
  'ConnectHTTP',
  'ConnectorErrors',
  'FieldSet',
  'HTTPHeaderMapping',
  'JSONSelection',
  'SourceHTTP',
  'URLPathTemplate',
  'URLTemplate',
]);

/** True for types that only serve the directives of Connect and federation. */
export function isForeignType(name: string): boolean {
  return FOREIGN_TYPES.has(name) || /^(connect|federation|link|core|join)__/.test(name);
}
