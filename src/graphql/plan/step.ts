import type { Json, JsonObject } from '../../kernel/json.ts';
import type { Way } from '../way.ts';
import type { Loaded } from './loads.ts';

/** Reads something of an object that may stand in the answer it came with, or in one that was fetched for it. */
export type PathReader = (raw: JsonObject, loads: readonly (Loaded | undefined)[]) => Json | undefined;

/** A call for more of an object. */
export interface Step {
  readonly way: Way;
  /** The steps whose answers its key is made of. */
  readonly after: readonly number[];
  /** Its place among the calls of the plan. */
  readonly call: number;
  /** Where a run keeps what the way has fetched. */
  readonly slot: number;
  /** Equal for equal keys; undefined: the object has no key, and nobody is asked. */
  readonly textOf: (raw: JsonObject, loads: readonly (Loaded | undefined)[]) => string | undefined;
  readonly keyOf: (raw: JsonObject, loads: readonly (Loaded | undefined)[]) => JsonObject;
}
