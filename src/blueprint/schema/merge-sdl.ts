import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type NamedTypeNode,
  type OperationTypeDefinitionNode,
  print,
  type SchemaDefinitionNode,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from 'graphql';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';

/** All definitions of all files, each type once, with everything that `type` and `extend type` say of it. */
export interface MergedSdl {
  readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  readonly directives: ReadonlyMap<string, DirectiveDefinitionNode>;
  readonly schema: SchemaDefinitionNode | undefined;
  /** Of `schema` and `extend schema`, in order. */
  readonly schemaDirectives: readonly ConstDirectiveNode[];
}

/** Merges the files' definitions; what contradicts itself is reported with both places. */
export function mergeSdl(definitions: readonly DefinitionNode[], report: Report): MergedSdl {
  const types = new Map<string, TypeDefinitionNode>();
  const directives = new Map<string, DirectiveDefinitionNode>();
  const operations = new Map<string, OperationTypeDefinitionNode>();
  const schemaDirectives: ConstDirectiveNode[] = [];
  let schema: SchemaDefinitionNode | undefined;
  for (const definition of definitions) {
    if (isTypeDefinitionNode(definition) || isTypeExtensionNode(definition)) {
      const name = definition.name.value;
      types.set(name, mergeType(types.get(name), definition, report));
    } else if (definition.kind === Kind.DIRECTIVE_DEFINITION) {
      mergeDirective(directives, definition, report);
    } else if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) {
      schemaDirectives.push(...(definition.directives ?? []));
      for (const operation of definition.operationTypes ?? []) operations.set(operation.operation, operation);
      if (definition.kind === Kind.SCHEMA_DEFINITION) schema ??= definition;
    }
  }
  return { types, directives, schema: mergeSchema(schema, operations), schemaDirectives };
}

function mergeSchema(
  first: SchemaDefinitionNode | undefined,
  operations: ReadonlyMap<string, OperationTypeDefinitionNode>,
): SchemaDefinitionNode | undefined {
  if (operations.size === 0) return undefined;
  const base = first ?? { kind: Kind.SCHEMA_DEFINITION };
  return { ...base, directives: [], operationTypes: [...operations.values()] };
}

function mergeDirective(
  directives: Map<string, DirectiveDefinitionNode>,
  definition: DirectiveDefinitionNode,
  report: Report,
): void {
  const known = directives.get(definition.name.value);
  if (known === undefined) directives.set(definition.name.value, definition);
  else if (print(withoutDescription(known)) !== print(withoutDescription(definition))) {
    report(twice(`@${definition.name.value}`, known, definition));
  }
}

type TypePart = TypeDefinitionNode | TypeExtensionNode;

function mergeType(
  known: TypeDefinitionNode | undefined,
  part: TypePart,
  report: Report,
): TypeDefinitionNode {
  const name = part.name.value;
  if (known === undefined) return checkedOnce(asDefinition(part), report);
  const next = asDefinition(part);
  if (known.kind !== next.kind) {
    report(
      errorAt(
        positionOf(part.name),
        `"${name}" is ${kindName(next)} here and ${kindName(known)} at ${place(known.name)}`,
      ),
    );
    return known;
  }
  if (isTypeDefinitionNode(part) && sameFile(known, part) && !isExtension(known)) {
    report(twice(`type "${name}"`, known.name, part.name));
  }
  return combine(known, checkedOnce(next, report), report);
}

/** Extensions that came before any definition, known by the node that they became. */
const extensions = new WeakSet<TypeDefinitionNode>();
const isExtension = (node: TypeDefinitionNode): boolean => extensions.has(node);

const DEFINITION_OF = {
  [Kind.SCALAR_TYPE_EXTENSION]: Kind.SCALAR_TYPE_DEFINITION,
  [Kind.OBJECT_TYPE_EXTENSION]: Kind.OBJECT_TYPE_DEFINITION,
  [Kind.INTERFACE_TYPE_EXTENSION]: Kind.INTERFACE_TYPE_DEFINITION,
  [Kind.UNION_TYPE_EXTENSION]: Kind.UNION_TYPE_DEFINITION,
  [Kind.ENUM_TYPE_EXTENSION]: Kind.ENUM_TYPE_DEFINITION,
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: Kind.INPUT_OBJECT_TYPE_DEFINITION,
} as const;

function asDefinition(part: TypePart): TypeDefinitionNode {
  if (isTypeDefinitionNode(part)) return part;
  const node = { ...part, kind: DEFINITION_OF[part.kind] } as TypeDefinitionNode;
  extensions.add(node);
  return node;
}

function combine(known: TypeDefinitionNode, next: TypeDefinitionNode, report: Report): TypeDefinitionNode {
  const description = known.description ?? next.description;
  const merged = {
    ...known,
    ...(description === undefined ? {} : { description }),
    directives: mergeUses(known.directives, next.directives),
  };
  const members = combineMembers(known, next, report);
  const node = { ...merged, ...members } as TypeDefinitionNode;
  if (isExtension(known) && isExtension(next)) extensions.add(node);
  return node;
}

function combineMembers(known: TypeDefinitionNode, next: TypeDefinitionNode, report: Report): object {
  const owner = known.name.value;
  if (known.kind === Kind.UNION_TYPE_DEFINITION && next.kind === known.kind) {
    return { types: mergeNames(known.types, next.types) };
  }
  if (known.kind === Kind.ENUM_TYPE_DEFINITION && next.kind === known.kind) {
    return { values: mergeMembers(owner, known.values, next.values, report) };
  }
  if (known.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && next.kind === known.kind) {
    return { fields: mergeMembers(owner, known.fields, next.fields, report) };
  }
  const isComposite =
    known.kind === Kind.OBJECT_TYPE_DEFINITION || known.kind === Kind.INTERFACE_TYPE_DEFINITION;
  if (
    isComposite &&
    (next.kind === Kind.OBJECT_TYPE_DEFINITION || next.kind === Kind.INTERFACE_TYPE_DEFINITION)
  ) {
    return {
      interfaces: mergeNames(known.interfaces, next.interfaces),
      fields: mergeMembers(owner, known.fields, next.fields, report),
    };
  }
  return {};
}

type Member =
  | FieldDefinitionNode
  | InputValueDefinitionNode
  | NonNullable<EnumTypeDefinitionNode['values']>[number];

/** The same field may stand in several files, as keys do, if it is the same there. */
function mergeMembers<M extends Member>(
  owner: string,
  known: readonly M[] | undefined,
  next: readonly M[] | undefined,
  report: Report,
): M[] {
  const members = new Map((known ?? []).map((member) => [member.name.value, member]));
  for (const member of next ?? []) {
    const name = member.name.value;
    const other = members.get(name);
    if (other === undefined) {
      members.set(name, member);
    } else if (sameFile(other, member) || signature(other) !== signature(member)) {
      report(twice(`"${owner}.${name}"`, other, member));
    } else {
      members.set(name, { ...other, directives: mergeUses(other.directives, member.directives) });
    }
  }
  return [...members.values()];
}

/** Within one definition nothing may stand twice. Gives the definition with the first of each. */
function checkedOnce(node: TypeDefinitionNode, report: Report): TypeDefinitionNode {
  const members: readonly Member[] =
    'fields' in node ? (node.fields ?? []) : 'values' in node ? (node.values ?? []) : [];
  const seen = new Map<string, Member>();
  for (const member of members) {
    const other = seen.get(member.name.value);
    if (other !== undefined) report(twice(`"${node.name.value}.${member.name.value}"`, other, member));
    else seen.set(member.name.value, member);
  }
  if (seen.size === members.length) return node;
  const key = 'values' in node ? 'values' : 'fields';
  const once = { ...node, [key]: [...seen.values()] } as TypeDefinitionNode;
  if (isExtension(node)) extensions.add(once);
  return once;
}

function signature(member: Member): string {
  return print({ ...withoutDescription(member), directives: [] } as Member);
}

function withoutDescription<N extends Member | DirectiveDefinitionNode>(node: N): N {
  const bare: N = { ...node };
  delete (bare as { description?: unknown }).description;
  if (!('arguments' in node) || node.arguments === undefined) return bare;
  const args = node.arguments.map((argument) => withoutDescription(argument));
  return { ...bare, arguments: args };
}

function mergeUses(
  known: readonly ConstDirectiveNode[] | undefined,
  next: readonly ConstDirectiveNode[] | undefined,
): readonly ConstDirectiveNode[] {
  const written = new Set((known ?? []).map((directive) => print(directive)));
  return [...(known ?? []), ...(next ?? []).filter((directive) => !written.has(print(directive)))];
}

function mergeNames(
  known: readonly NamedTypeNode[] | undefined,
  next: readonly NamedTypeNode[] | undefined,
): readonly NamedTypeNode[] {
  const names = new Set((known ?? []).map(({ name }) => name.value));
  return [...(known ?? []), ...(next ?? []).filter(({ name }) => !names.has(name.value))];
}

function twice(
  what: string,
  first: Parameters<typeof positionOf>[0],
  second: Parameters<typeof positionOf>[0],
) {
  return errorAt(positionOf(second), `${what} is defined twice; first at ${place(first)}`);
}

function place(node: Parameters<typeof positionOf>[0]): string {
  const { file, line, column } = positionOf(node);
  return `${file}:${line}:${column}`;
}

function sameFile(a: TypePart | Member, b: TypePart | Member): boolean {
  return a.loc?.source === b.loc?.source;
}

const KIND_NAMES: Readonly<Record<TypeDefinitionNode['kind'], string>> = {
  [Kind.SCALAR_TYPE_DEFINITION]: 'a scalar',
  [Kind.OBJECT_TYPE_DEFINITION]: 'an object type',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'an interface',
  [Kind.UNION_TYPE_DEFINITION]: 'a union',
  [Kind.ENUM_TYPE_DEFINITION]: 'an enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'an input type',
};
const kindName = (node: TypeDefinitionNode): string => KIND_NAMES[node.kind];
