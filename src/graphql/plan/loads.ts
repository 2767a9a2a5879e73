import type { Json, JsonObject } from '../../kernel/json.ts';
import type { StaleAnswer } from '../call-connector.ts';
import type { Way } from '../way.ts';

/** What a call has brought of one object. */
export type Loaded =
  | {
      readonly kind: 'part';
      readonly raw: JsonObject;
      /** To be looked at through the connector's view; false: mapped already. */
      readonly viewed: boolean;
      readonly stale: StaleAnswer | undefined;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly error: unknown };

export const ABSENT: Loaded = { kind: 'absent' };

/** One object that is fetched by its key, for all places of the answer where it stands. */
export class Load {
  readonly key: JsonObject;
  result: Loaded | undefined;
  /** Text written for it, by the place: the same author stands under many posts. */
  readonly texts = new Map<object, string>();
  #waiting: (() => void)[] | undefined;
  #places: Set<object> | undefined;

  constructor(key: JsonObject, result?: Loaded) {
    this.key = key;
    this.result = result;
  }

  /** Calls back once the result is there; at once if it is. */
  whenDone(callback: () => void): void {
    if (this.result !== undefined) callback();
    else if (this.#waiting === undefined) this.#waiting = [callback];
    else this.#waiting.push(callback);
  }

  /** Whether this is the first time that this place asks. */
  isNewTo(place: object): boolean {
    this.#places ??= new Set();
    if (this.#places.has(place)) return false;
    this.#places.add(place);
    return true;
  }

  settle(result: Loaded): void {
    this.result = result;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) callAll(waiting);
  }
}

/** Calls all of them, also if some throw; then throws what the first of these threw. */
export function callAll(callbacks: readonly (() => void)[]): void {
  const thrown: unknown[] = [];
  for (const callback of callbacks) {
    try {
      callback();
    } catch (error) {
      thrown.push(error);
    }
  }
  if (thrown.length > 0) throw thrown[0];
}

/** A key that names nothing: nobody is asked. */
export const NOBODY = new Load({}, ABSENT);

/** The loads that one way makes in an operation, by their keys' text. */
export interface WayLoads {
  readonly way: Way;
  readonly byKey: Map<string, Load>;
  /** Waiting to travel together. */
  batch: { readonly text: string; readonly load: Load }[] | undefined;
}

/** A call that a field makes for one object. */
export class FieldCallState {
  value: Json | undefined;
  viewed = false;
  stale: StaleAnswer | undefined;
  error: unknown;
  state: 'pending' | 'answered' | 'failed' = 'pending';
}
