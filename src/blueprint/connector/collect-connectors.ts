import { type ConstDirectiveNode, type FieldDefinitionNode, Kind, type TypeDefinitionNode } from 'graphql';
import type { ConnectDirective, SourceDirective } from '../../connect/directive/connect-directive.ts';
import { readConnect, readSource } from '../../connect/directive/read-connect.ts';
import type { Links } from '../../connect/directive/read-links.ts';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import type { ConnectVersion } from '../../connect/mapping/mapping.ts';
import { nearest } from '../../kernel/problem.ts';
import type { MergedSdl } from '../schema/merge-sdl.ts';
import type { ParsedSdl } from '../schema/parse-sdl.ts';
import { watchReport } from '../watch-report.ts';

/** A `@connect` and where it stands. */
export interface PlacedConnect {
  /** `Query.posts@connect[0]`, `User@connect[0]`. */
  readonly coordinate: string;
  readonly directive: ConnectDirective;
  readonly typeName: string;
  /** Undefined: on the type itself. */
  readonly field: FieldDefinitionNode | undefined;
}

export interface CollectedConnectors {
  readonly sources: ReadonlyMap<string, SourceDirective>;
  /** Some `@source` could not be read, so that a name that is not there may be that one's. */
  readonly lacksSources: boolean;
  readonly connects: readonly PlacedConnect[];
  /** Elements (`Type`, `Type.field`) with a `@connect` that could not be read. */
  readonly faulty: readonly string[];
}

/** `Type` or `Type.field`: what the directive stands on. */
export function elementOf({ typeName, field }: PlacedConnect): string {
  return field === undefined ? typeName : `${typeName}.${field.name.value}`;
}

/** Finds and reads every `@source` and `@connect`; what is wrong in one of them is reported. */
export function collectConnectors(
  files: readonly ParsedSdl[],
  merged: MergedSdl,
  report: Report,
): CollectedConnectors {
  const links = new Map<string, Links>(files.map((file) => [file.file, file.links]));
  const versionOf = (node: ConstDirectiveNode): ConnectVersion | undefined =>
    links.get(positionOf(node).file)?.connect?.version;
  const faulty: string[] = [];
  const unlinked = new Set<string>();
  const tellUnlinked = (node: ConstDirectiveNode) => {
    const { file } = positionOf(node);
    if (!unlinked.has(file)) report(unlinkedProblem(node));
    unlinked.add(file);
  };
  const reader: Reader = { versionOf, faulty, report, tellUnlinked };
  const sources = collectSources(merged.schemaDirectives, reader);
  const named = merged.schemaDirectives.filter(({ name }) => nearest(name.value, ['source'])).length;
  const connects = [...merged.types.values()].flatMap((type) => collectFromType(type, reader));
  checkIds(connects, report);
  return { sources, lacksSources: named > sources.size, connects, faulty };
}

interface Reader {
  versionOf(node: ConstDirectiveNode): ConnectVersion | undefined;
  /** Says once for each file that it lacks a link to the specification. */
  tellUnlinked(node: ConstDirectiveNode): void;
  readonly faulty: string[];
  readonly report: Report;
}

function collectSources(
  directives: readonly ConstDirectiveNode[],
  { versionOf, tellUnlinked, report }: Reader,
): ReadonlyMap<string, SourceDirective> {
  const sources = new Map<string, SourceDirective>();
  for (const directive of directives) {
    if (directive.name.value !== 'source') continue;
    const version = versionOf(directive);
    if (version === undefined) tellUnlinked(directive);
    const source = readSource(directive, version ?? '0.4', report);
    if (source === undefined) continue;
    const known = sources.get(source.name);
    if (known === undefined) sources.set(source.name, source);
    else {
      const { file, line, column } = known.at;
      report(
        errorAt(source.at, `source "${source.name}" is defined twice; first at ${file}:${line}:${column}`),
      );
    }
  }
  return sources;
}

function collectFromType(type: TypeDefinitionNode, reader: Reader): PlacedConnect[] {
  const typeName = type.name.value;
  if (type.kind === Kind.OBJECT_TYPE_DEFINITION) {
    const own = readAll(type.directives, typeName, typeName, undefined, reader);
    const fields = (type.fields ?? []).flatMap((field) =>
      readAll(field.directives, `${typeName}.${field.name.value}`, typeName, field, reader),
    );
    return [...own, ...fields];
  }
  const fields = type.kind === Kind.INTERFACE_TYPE_DEFINITION ? (type.fields ?? []) : [];
  for (const node of [type, ...fields].flatMap(({ directives }) => directives ?? [])) {
    if (node.name.value !== 'connect') continue;
    reader.report(
      errorAt(
        positionOf(node),
        '@connect stands on object types and their fields; put it on each implementing type',
      ),
    );
  }
  return [];
}

function readAll(
  directives: readonly ConstDirectiveNode[] | undefined,
  coordinate: string,
  typeName: string,
  field: FieldDefinitionNode | undefined,
  { versionOf, tellUnlinked, faulty, report }: Reader,
): PlacedConnect[] {
  const connects = (directives ?? []).filter(({ name }) => name.value === 'connect');
  // Where events come from is not available yet and says so itself: nothing more is to be said of the field.
  if (directives?.some(({ name }) => name.value === 'subscribe')) faulty.push(coordinate);
  return connects.flatMap((node, index) => {
    const version = versionOf(node);
    if (version === undefined) tellUnlinked(node);
    const watched = watchReport(report);
    const directive = readConnect(node, version ?? '0.4', watched.report);
    if (directive === undefined || watched.failed()) faulty.push(coordinate);
    return directive === undefined
      ? []
      : [{ coordinate: `${coordinate}@connect[${index}]`, directive, typeName, field }];
  });
}

function unlinkedProblem(node: ConstDirectiveNode) {
  const name = node.name.value;
  return errorAt(
    positionOf(node),
    `@${name} is not known in this file; add: extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])`,
  );
}

function checkIds(connects: readonly PlacedConnect[], report: Report): void {
  const seen = new Map<string, PlacedConnect>();
  for (const connect of connects) {
    const { id, at } = connect.directive;
    if (id === undefined) continue;
    const other = seen.get(id);
    if (other === undefined) seen.set(id, connect);
    else report(errorAt(at, `connector id "${id}" is taken by ${other.coordinate}`));
  }
}
