import type { GraphQLOutputType } from 'graphql';
import type { Json } from '../../kernel/json.ts';
import type { CompiledField } from '../compile-schema.ts';
import type { Selection } from '../selection.ts';
import type { PlanContext } from './plan-context.ts';
import type { PlanRun } from './plan-run.ts';
import type { Site, Text } from './site.ts';
import type { Source } from './source.ts';

/** What a plan does with the values of one place, as they are in the answers that they come from. */
export interface ValuePlan {
  /** Makes the calls that objects in the value need; undefined: there can be none. */
  readonly collect: ((value: Json | undefined, run: PlanRun) => void) | undefined;
  /** The value's JSON text, once all calls have been answered. */
  readonly write: (value: Json | undefined, run: PlanRun) => Text;
}

/** The field that a value belongs to, and what is selected below it. */
export interface ValueField {
  readonly context: PlanContext;
  /** Values are made of objects, and these of values. */
  readonly compileValue: CompileValue;
  readonly field: CompiledField;
  readonly selection: Selection;
}

/** Plans the value of a field, or an item of it, by its type. Throws `OutOfPlan` for what plans don't carry. */
export type CompileValue = (of: ValueField, type: GraphQLOutputType, source: Source, site: Site) => ValuePlan;
