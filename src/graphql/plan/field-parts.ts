import type { FieldNode, GraphQLObjectType } from 'graphql';
import type { Connector } from '../../blueprint/blueprint.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { AbsentEntityError } from '../call-error.ts';
import type { CompiledField } from '../compile-schema.ts';
import { misfitOf, notNull } from '../misfit.ts';
import type { Selection } from '../selection.ts';
import type { Steps } from './compile-steps.ts';
import type { Ground } from './ground.ts';
import type { Loaded } from './loads.ts';
import type { PlanContext } from './plan-context.ts';
import type { PlanRun } from './plan-run.ts';
import { FAILED, type Site, type Text } from './site.ts';
import type { Access, Source } from './source.ts';
import type { CompileValue, ValuePlan } from './value-plan.ts';

/** What a plan does with one field of an object; `loads` are what became of the object's steps. */
export interface FieldPlan {
  readonly key: string;
  /** Numbers of the steps that must have come to something first. */
  readonly waits: readonly number[];
  readonly collect: ((raw: JsonObject, loads: readonly Loaded[], run: PlanRun) => void) | undefined;
  readonly write: (raw: JsonObject, loads: readonly Loaded[], run: PlanRun) => Text;
  /** Its text is the same for all objects of one key. */
  readonly ofKeyAlone: boolean;
  /** The calls below it are the same for all objects of one key. */
  readonly ofPartAlone: boolean;
}

/** The object whose fields are planned. */
export interface FieldPlace {
  readonly context: PlanContext;
  readonly compileValue: CompileValue;
  readonly type: GraphQLObjectType;
  readonly source: Source;
  readonly selection: Selection;
  readonly steps: Steps;
  /** Of the object. */
  readonly site: Site;
}

/** One field, with all that its plan is made of. */
export interface FieldParts extends FieldPlace {
  readonly key: string;
  readonly field: CompiledField;
  readonly nodes: readonly FieldNode[];
  /** What is selected below it. */
  readonly below: Selection;
  /** Where its value stands; a failure there is a fallback's to answer, if there is one. */
  readonly own: Site;
  /** What stands in for it if its call fails. */
  readonly fallback: { readonly value: JsonObject[string]; readonly plan: ValuePlan } | undefined;
  readonly ground: Ground;
}

/** Plans a value of the field that comes from this source. */
export function compileOwnValue(
  { context, compileValue, field, below, own }: FieldParts,
  source: Source,
): ValuePlan {
  return compileValue({ context, compileValue, field, selection: below }, field.definition.type, source, own);
}

/** Plans a value in both forms in which it may come: as it was answered, or mapped already. The second is rare. */
export function compileBothForms(
  parts: FieldParts,
  viewed: Source,
  accessOf: (source: Source) => Access | undefined,
): { readonly first: FormPlan; readonly of: (viewed: boolean) => FormPlan } {
  const make = (source: Source): FormPlan => {
    const access = accessOf(source);
    return access === undefined
      ? { read: () => undefined, plan: compileMissing(parts) }
      : { read: access.read, plan: compileOwnValue(parts, access.source) };
  };
  const first = make(viewed);
  let mapped = viewed.view === undefined ? first : undefined;
  const ofMapped = () => {
    mapped ??= make({ ...viewed, view: undefined });
    return mapped;
  };
  return { first, of: (isViewed) => (isViewed ? first : ofMapped()) };
}

export interface FormPlan {
  readonly read: Access['read'];
  readonly plan: ValuePlan;
}

/** A field that its object does not have. */
export function compileMissing({ field, own }: FieldParts): ValuePlan {
  const write = (run: PlanRun): Text =>
    own.nullable ? own.none : own.fail(misfitOf(field.connectors[0], notNull(field.coordinate)), run);
  return { collect: undefined, write: (_value, run) => write(run) };
}

/** A field of an object that its service does not have, as `connector` says. */
export function writeAbsent(
  { field, own, site, fallback }: FieldParts,
  connector: Connector,
  run: PlanRun,
): Text {
  if (own.nullable) return own.none;
  const error = new AbsentEntityError(field.parent.name, connector, site.nullable);
  // Where null may stand for the object, the null alone tells of it.
  return error.silent && fallback === undefined ? FAILED : own.fail(error, run);
}
