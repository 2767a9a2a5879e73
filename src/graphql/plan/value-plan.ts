import type { Json } from '../../kernel/json.ts';
import type { PlanRun } from './plan-run.ts';
import type { Text } from './site.ts';

/** What a plan does with the values of one place, as they are in the answers that they come from. */
export interface ValuePlan {
  /** Makes the calls that objects in the value need; undefined: there can be none. */
  readonly collect: ((value: Json | undefined, run: PlanRun) => void) | undefined;
  /** The value's JSON text, once all calls have been answered. */
  readonly write: (value: Json | undefined, run: PlanRun) => Text;
}
