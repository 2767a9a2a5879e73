import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
  isEnumType,
} from 'graphql';
import type { Json } from '../../kernel/json.ts';
import type { CompiledField } from '../compile-schema.ts';
import { misfitOf, notNull, notOfType, tooDeep } from '../misfit.ts';
import { isTooDeep } from '../nesting.ts';
import { quote } from './json-text.ts';
import type { PlanRun } from './plan-run.ts';
import type { Site, Text } from './site.ts';
import { buildValue, faultOf, type Source } from './source.ts';
import type { ValuePlan } from './value-plan.ts';

/** Text of a value that is as it should be; undefined if it takes a closer look. */
type Quick = (value: Json) => string | undefined;

/** Writes scalars and enum values. */
export function compileLeaf(
  field: CompiledField,
  type: GraphQLLeafType,
  source: Source,
  site: Site,
): ValuePlan {
  const quick = quickTextOf(type);
  const { coordinate } = field;
  const misfit = (run: PlanRun, message: string, cause?: unknown): Text =>
    site.fail(misfitOf(faultOf(source, null, field), message, cause), run);
  const nothing = (value: null | undefined, run: PlanRun): Text =>
    site.nullable ? site.none : site.fail(misfitOf(faultOf(source, value, field), notNull(coordinate)), run);

  /** The specification's own conversions, with all their exceptions. */
  const serialise = (value: Json, run: PlanRun): Text => {
    if (isTooDeep(value)) return misfit(run, tooDeep(coordinate));
    try {
      const result: unknown = type.serialize(value);
      if ((result ?? null) !== null) return JSON.stringify(result);
    } catch (error) {
      return misfit(run, notOfType(coordinate, type.name), error);
    }
    return misfit(run, notOfType(coordinate, type.name));
  };
  const write = (value: Json | undefined, run: PlanRun): Text => {
    if (value === undefined || value === null) return nothing(value, run);
    return quick(value) ?? serialise(value, run);
  };
  if (source.view === undefined) return { collect: undefined, write };
  return { collect: undefined, write: (raw, run) => write(buildValue(source, raw), run) };
}

function quickTextOf(type: GraphQLLeafType): Quick {
  switch (type) {
    case GraphQLInt:
      return (value) => (typeof value === 'number' && (value | 0) === value ? String(value) : undefined);
    case GraphQLFloat:
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined);
    case GraphQLString:
      return (value) => (typeof value === 'string' ? quote(value) : undefined);
    case GraphQLBoolean:
      return (value) => (value === true ? 'true' : value === false ? 'false' : undefined);
    case GraphQLID:
      return quickId;
    default:
      return isEnumType(type) ? quickEnum(type.getValues().map(({ name, value }) => [value, name])) : never;
  }
}

function quickId(value: Json): string | undefined {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'number' && Number.isSafeInteger(value) ? `"${value}"` : undefined;
}

function quickEnum(values: readonly (readonly [unknown, string])[]): Quick {
  const texts = new Map(values.map(([value, name]) => [value, `"${name}"`]));
  return (value) => texts.get(value);
}

function never(): undefined {}
