import { type ConstDirectiveNode, type DocumentNode, Kind, type ValueNode } from 'graphql';
import { type Position, suggestion } from '../../kernel/problem.ts';
import type { ConnectVersion } from '../mapping/mapping.ts';
import { errorAt, positionOf, type Report } from './sdl-text.ts';

/** What one SDL file links to: which names it uses for the elements of the specifications it knows. */
export interface Links {
  /** Undefined: the file has no link to the Connect specification. */
  readonly connect: { readonly version: ConnectVersion; readonly at: Position } | undefined;
  /** The specification's own name of a directive or type as this file writes it; the name itself if it is not linked. */
  canonical(name: string): string;
}

const VERSIONS: readonly ConnectVersion[] = ['0.1', '0.2', '0.3', '0.4'];
/** Specifications whose names are known here, also with the specification's own before them. */
const PREFIXES: readonly string[] = ['federation', 'connect', 'link', 'cost'];
const CONNECT_ELEMENTS = ['connect', 'source', 'JSONSelection', 'URLTemplate', 'URLPathTemplate'];

/** `@link(url: "https://specs.apollo.dev/connect/v0.4", …)` → specification and version; undefined if it is not one. */
interface SpecificationUrl {
  readonly name: string;
  readonly version: string;
}

/** Reads every `@link` of a file (specs.apollo.dev/link/v1.0): versions, imports, renamings, namespaces. */
export function readLinks(document: DocumentNode, report: Report): Links {
  const names = new Map<string, string>();
  const prefixes = new Set(PREFIXES);
  let connect: Links['connect'];
  for (const link of linkDirectives(document)) {
    const url = argument(link, 'url');
    if (url?.kind !== Kind.STRING) {
      report(errorAt(positionOf(link), '@link needs the url of a specification'));
      continue;
    }
    const specification = parseUrl(url.value);
    if (specification === undefined) {
      if (!/^https:\/\/specs\.apollo\.dev\/connect\b/.test(url.value)) continue;
      const known = VERSIONS.map((one) => `v${one}`).join(', ');
      report(errorAt(positionOf(url), `"${url.value}" must end with a version: one of ${known}`));
      connect ??= { version: '0.4', at: positionOf(link) };
      continue;
    }
    if (specification.name === 'connect') {
      const version = VERSIONS.find((known) => known === specification.version);
      if (version === undefined) {
        report(
          errorAt(
            positionOf(url),
            `version ${specification.version} of the Connect specification is not known; use one of ${VERSIONS.join(', ')}`,
          ),
        );
      }
      connect = { version: version ?? '0.4', at: positionOf(link) };
    }
    const namespace = namespaceOf(link, specification.name);
    if (PREFIXES.includes(specification.name)) prefixes.add(namespace);
    readNames(link, specification.name, namespace, names, report);
  }
  return { connect, canonical: (name) => names.get(name) ?? withoutPrefix(name, prefixes) };
}

function linkDirectives(document: DocumentNode): ConstDirectiveNode[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
      ? (definition.directives ?? []).filter((directive) => directive.name.value === 'link')
      : [],
  );
}

function parseUrl(url: string): SpecificationUrl | undefined {
  const match = /\/([A-Za-z][A-Za-z0-9_]*)\/v(\d+\.\d+)\/?$/.exec(url);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { name: match[1], version: match[2] };
}

/** `federation__key` is `key` also without an import; names of other origin stay as they are. */
function withoutPrefix(name: string, prefixes: ReadonlySet<string>): string {
  const end = name.indexOf('__');
  return end > 0 && prefixes.has(name.slice(0, end)) ? name.slice(end + 2) : name;
}

function namespaceOf(link: ConstDirectiveNode, specification: string): string {
  const as = argument(link, 'as');
  return as?.kind === Kind.STRING ? as.value : specification;
}

function readNames(
  link: ConstDirectiveNode,
  specification: string,
  namespace: string,
  names: Map<string, string>,
  report: Report,
): void {
  // A specification's element of its own name is called by the namespace alone.
  if (specification === 'connect' && namespace !== 'connect') names.set(namespace, 'connect');
  const imports = argument(link, 'import');
  if (imports === undefined) return;
  if (imports.kind !== Kind.LIST) {
    report(errorAt(positionOf(imports), '@link(import:) must be a list'));
    return;
  }
  for (const element of imports.values) {
    const imported = readImport(element);
    if (imported === undefined) {
      report(errorAt(positionOf(element), 'expected "@name" or { name: "@name", as: "@other" }'));
    } else {
      checkImport(specification, imported.name, element, report);
      names.set(strip(imported.as), strip(imported.name));
    }
  }
}

function checkImport(specification: string, name: string, node: ValueNode, report: Report): void {
  if (specification !== 'connect' || CONNECT_ELEMENTS.includes(strip(name))) return;
  const known = ['@connect', '@source'];
  report(errorAt(positionOf(node), `the Connect specification has no "${name}".${suggestion(name, known)}`));
}

function readImport(node: ValueNode): { name: string; as: string } | undefined {
  if (node.kind === Kind.STRING) return { name: node.value, as: node.value };
  if (node.kind !== Kind.OBJECT) return undefined;
  const field = (key: string) => node.fields.find(({ name }) => name.value === key)?.value;
  const name = field('name');
  const as = field('as');
  if (name?.kind !== Kind.STRING) return undefined;
  return { name: name.value, as: as?.kind === Kind.STRING ? as.value : name.value };
}

function argument(directive: ConstDirectiveNode, name: string): ValueNode | undefined {
  return directive.arguments?.find((candidate) => candidate.name.value === name)?.value;
}

function strip(name: string): string {
  return name.startsWith('@') ? name.slice(1) : name;
}
