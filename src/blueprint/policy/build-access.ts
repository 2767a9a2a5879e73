import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  type TypeDefinitionNode,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import type { AccessRule } from '../blueprint.ts';
import { ACCESS_DIRECTIVES } from '../schema/known-directive.ts';
import type { MergedSdl } from '../schema/merge-sdl.ts';

/**
 * What callers must hold, by coordinate. A field asks for what it says itself, what the interfaces that it
 * implements say of it, what its own type says, and what the type it returns says; all of it together.
 */
export function buildAccess(merged: MergedSdl, report: Report): ReadonlyMap<string, AccessRule> {
  const typeRules = new Map<string, AccessRule>();
  const fieldRules = new Map<string, AccessRule>();
  for (const type of merged.types.values()) {
    const rule = readRule(type.directives, report);
    if (rule !== undefined) typeRules.set(type.name.value, rule);
    for (const field of fieldsOf(type)) {
      const own = readRule(field.directives, report);
      if (own !== undefined) fieldRules.set(`${type.name.value}.${field.name.value}`, own);
    }
  }
  const access = new Map<string, AccessRule>();
  for (const type of merged.types.values()) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of type.fields ?? []) {
      const rule = joinRules(rulesOf(type, field, typeRules, fieldRules), field, report);
      if (rule !== undefined) access.set(`${type.name.value}.${field.name.value}`, rule);
    }
  }
  return access;
}

function rulesOf(
  type: ObjectTypeDefinitionNode,
  field: FieldDefinitionNode,
  typeRules: ReadonlyMap<string, AccessRule>,
  fieldRules: ReadonlyMap<string, AccessRule>,
): AccessRule[] {
  const name = field.name.value;
  const owners: readonly (NamedTypeNode | ObjectTypeDefinitionNode)[] = [type, ...(type.interfaces ?? [])];
  const rules = [
    typeRules.get(type.name.value),
    ...owners.map((owner) => fieldRules.get(`${owner.name.value}.${name}`)),
    typeRules.get(namedType(field.type)),
  ];
  return rules.filter((rule) => rule !== undefined);
}

function fieldsOf(type: TypeDefinitionNode): readonly FieldDefinitionNode[] {
  const isComposite =
    type.kind === Kind.OBJECT_TYPE_DEFINITION || type.kind === Kind.INTERFACE_TYPE_DEFINITION;
  return isComposite ? (type.fields ?? []) : [];
}

function namedType(node: TypeNode): string {
  return node.kind === Kind.NAMED_TYPE ? node.name.value : namedType(node.type);
}

function readRule(
  directives: readonly ConstDirectiveNode[] | undefined,
  report: Report,
): AccessRule | undefined {
  const own = (directives ?? []).filter(({ name }) => ACCESS_DIRECTIVES.has(name.value));
  if (own.length === 0) return undefined;
  // Without its argument the directive is refused as such.
  const scopes = own
    .filter(({ name }) => name.value === 'requiresScopes')
    .flatMap((node) => (node.arguments?.length ? [readScopes(node, report)] : []));
  const roles = own
    .filter(({ name }) => name.value === 'requiresRoles')
    .flatMap((node) => (node.arguments?.length ? [readRoles(node, report)] : []));
  return { authenticated: true, scopes: scopes[0] ?? [], roles: roles[0] ?? [] };
}

function readScopes(node: ConstDirectiveNode, report: Report): readonly (readonly string[])[] {
  const value = argumentValue(node, 'scopes');
  // List coercion (GraphQL specification, 3.11): one scope stands for a list of lists of one.
  const lists = asList(value).map(asList);
  const scopes = lists.map((list) => list.filter((scope) => typeof scope === 'string'));
  const isText = lists.every((list) => list.every((scope) => typeof scope === 'string'));
  if (!isText || scopes.length === 0 || scopes.some((list) => list.length === 0)) {
    report(
      errorAt(positionOf(node), '@requiresScopes needs lists of scopes, as in scopes: [["orders:read"]]'),
    );
    return [];
  }
  return scopes;
}

function readRoles(node: ConstDirectiveNode, report: Report): readonly string[] {
  const list = asList(argumentValue(node, 'roles'));
  const roles = list.filter((role) => typeof role === 'string');
  if (roles.length === 0 || roles.length < list.length) {
    report(errorAt(positionOf(node), '@requiresRoles needs at least one role, as in roles: ["admin"]'));
  }
  return roles;
}

function argumentValue(node: ConstDirectiveNode, name: string): unknown {
  const argument = node.arguments?.find((candidate) => candidate.name.value === name);
  return argument === undefined ? undefined : valueFromASTUntyped(argument.value);
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function joinRules(
  rules: readonly AccessRule[],
  field: FieldDefinitionNode,
  report: Report,
): AccessRule | undefined {
  const [first, ...others] = rules;
  if (first === undefined) return undefined;
  return others.reduce((joined, rule) => {
    const roles = joinRoles(joined.roles, rule.roles);
    if (roles === undefined) {
      const text = `its roles (${joined.roles.join(', ')}) and those of a type it belongs to or returns (${rule.roles.join(', ')}) have none in common`;
      report(errorAt(positionOf(field), `nobody can be let in to "${field.name.value}": ${text}`));
    }
    return {
      authenticated: true,
      scopes: joinScopes(joined.scopes, rule.scopes),
      roles: roles ?? joined.roles,
    };
  }, first);
}

/** Each list of the one with each of the other: (a or b) and (c or d). */
function joinScopes(
  a: readonly (readonly string[])[],
  b: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const product = a.flatMap((one) => b.map((other) => [...new Set([...one, ...other])]));
  return [...new Map(product.map((list) => [[...list].sort().join('\n'), list])).values()];
}

/** Roles that both ask for, so that whoever is let in satisfies both; undefined if there is none. */
function joinRoles(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const common = a.filter((role) => b.includes(role));
  return common.length === 0 ? undefined : common;
}
