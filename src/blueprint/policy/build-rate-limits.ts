import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type FieldDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
} from 'graphql';
import { errorAt, positionOf, type Report } from '../../connect/directive/sdl-text.ts';
import { parseDuration } from '../../kernel/quantity.ts';
import { createLimit } from '../../limits/limit.ts';
import type { FieldLimit } from '../blueprint.ts';
import type { MergedSdl } from '../schema/merge-sdl.ts';
import { argumentPath, checkArgumentPath } from './argument-path.ts';

/** What graphql-rate-limit takes where the directive says nothing. */
const DEFAULT_MAX = 5;
const DEFAULT_WINDOW = 60_000;

/** Longest time that a counter may be kept for, in milliseconds: what a timer and Redis can both hold. */
const LONGEST_WINDOW = 366 * 86_400_000;

/**
 * Reads `@rateLimit` of all fields, by coordinate. A field of an object has its own, and those of the same field of the
 * interfaces that it implements, which count for all of these objects together. What is wrong is reported at its place.
 */
export function buildRateLimits(
  merged: MergedSdl,
  schema: GraphQLSchema,
  report: Report,
): ReadonlyMap<string, readonly FieldLimit[]> {
  const own = new Map<string, FieldLimit>();
  for (const type of merged.types.values()) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of type.fields ?? []) {
      const limit = readLimit(type.name.value, field, schema, report);
      if (limit !== undefined) own.set(`${type.name.value}.${field.name.value}`, limit);
    }
  }
  const limits = new Map<string, readonly FieldLimit[]>();
  for (const type of merged.types.values()) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const owners = [type.name.value, ...(type.interfaces ?? []).map(({ name }) => name.value)];
    for (const { name } of type.fields ?? []) {
      const found = owners.flatMap((owner) => own.get(`${owner}.${name.value}`) ?? []);
      if (found.length > 0) limits.set(`${type.name.value}.${name.value}`, found);
    }
  }
  return limits;
}

interface Reader {
  readonly directive: ConstDirectiveNode;
  readonly coordinate: string;
  readonly definition: GraphQLField<unknown, unknown> | undefined;
  readonly report: Report;
}

function readLimit(
  typeName: string,
  field: FieldDefinitionNode,
  schema: GraphQLSchema,
  report: Report,
): FieldLimit | undefined {
  const directive = field.directives?.find(({ name }) => name.value === 'rateLimit');
  if (directive === undefined) return undefined;
  const type = schema.getType(typeName);
  const definition =
    isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name.value] : undefined;
  const coordinate = `${typeName}.${field.name.value}`;
  const reader: Reader = { directive, coordinate, definition, report };
  const terms = {
    requests: readMax(reader),
    window: readWindow(reader),
    message: readText(reader, 'message'),
    by: ['user', 'key', 'ip'],
  };
  return {
    limit: createLimit(coordinate, terms, ['field', coordinate]),
    identity: readIdentity(reader),
    list: readList(reader),
  };
}

/** Null is as good as absent. */
function argumentOf({ directive }: Reader, name: string): ConstValueNode | undefined {
  const value = directive.arguments?.find((one) => one.name.value === name)?.value;
  return value?.kind === Kind.NULL ? undefined : value;
}

function readMax(reader: Reader): number {
  const value = argumentOf(reader, 'max');
  if (value === undefined) return DEFAULT_MAX;
  const max = value.kind === Kind.INT ? Number(value.value) : 0;
  if (max >= 1) return max;
  reader.report(errorAt(positionOf(value), '@rateLimit(max:) must be a whole number, 1 or more'));
  return DEFAULT_MAX;
}

function readWindow(reader: Reader): number {
  const value = argumentOf(reader, 'window');
  if (value === undefined) return DEFAULT_WINDOW;
  const window = value.kind === Kind.STRING ? parseDuration(value.value) : undefined;
  if (window !== undefined && window >= 1 && window <= LONGEST_WINDOW) return window;
  const message =
    '@rateLimit(window:) must be a duration such as 250ms, 30s, 5m or 1h, of a year at the most';
  reader.report(errorAt(positionOf(value), message));
  return DEFAULT_WINDOW;
}

/** What is no text is told of where all directives are held against their definitions. */
function readText(reader: Reader, name: string): string | undefined {
  const value = argumentOf(reader, name);
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function readIdentity(reader: Reader): string[][] {
  const value = argumentOf(reader, 'identityArgs');
  if (value === undefined) return [];
  const items = value.kind === Kind.LIST ? value.values : [value];
  return items.flatMap((item) => {
    if (item.kind !== Kind.STRING) return [];
    const path = argumentPath(item.value);
    checkPath(path, item, reader);
    return [path];
  });
}

function readList(reader: Reader): string[] | undefined {
  const value = argumentOf(reader, 'arrayLengthField');
  if (value?.kind !== Kind.STRING) return undefined;
  const path = argumentPath(value.value);
  const type = checkPath(path, value, reader);
  if (type === 'single')
    reader.report(errorAt(positionOf(value), `"${value.value}" is no list, so there is nothing to count`));
  return path;
}

function checkPath(path: readonly string[], node: ConstValueNode, reader: Reader) {
  const { definition, coordinate, report } = reader;
  if (definition === undefined) return undefined;
  const checked = checkArgumentPath(path, definition, coordinate);
  if (checked.fault !== undefined) report(errorAt(positionOf(node), checked.fault));
  return checked.kind;
}
