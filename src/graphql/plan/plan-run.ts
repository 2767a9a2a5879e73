import { type FieldNode, getLocation } from 'graphql';
import type { GatewayError } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { ExecutionFailure } from '../executor.ts';
import type { FallbackNote, Operation } from '../operation.ts';
import { Basis } from './basis.ts';
import { FieldCallState } from './loads.ts';
import { Pending } from './pending.ts';
import type { PlanContext } from './plan-context.ts';
import { type Position, pathAt } from './position.ts';
import { WayLoader } from './way-loader.ts';

/** One run of a plan: what has been asked and answered so far, and what went wrong. */
export class PlanRun {
  readonly operation: Operation;
  readonly #context: PlanContext;
  readonly #variables: { readonly [name: string]: unknown };
  readonly #arguments: JsonObject[] = [];
  /** The numbers of the list items that are being written; see `Position`. */
  readonly indices: number[] = [];
  readonly errors: ExecutionFailure[] = [];
  readonly fallbacks: FallbackNote[] = [];
  readonly loader: WayLoader;
  readonly pending = new Pending();
  readonly basis = new Basis();
  readonly #calls: (Map<string, FieldCallState> | undefined)[] = [];

  constructor(operation: Operation, context: PlanContext, variables: { readonly [name: string]: unknown }) {
    this.operation = operation;
    this.#context = context;
    this.#variables = variables;
    this.loader = new WayLoader(operation, this.pending, this.basis);
  }

  /** A field's arguments, by the number that the plan gave them. Throws `OutOfPlan` if they are not what may be there. */
  argumentsAt(slot: number): JsonObject {
    const known = this.#arguments[slot];
    if (known !== undefined) return known;
    const read = this.#context.argumentsAt(slot, this.#variables);
    this.#arguments[slot] = read;
    return read;
  }

  /** The call of a field for one object, known by its input; `undefined`: it was never made. */
  findCall(slot: number, text: string): FieldCallState | undefined {
    return this.#calls[slot]?.get(text);
  }

  addCall(slot: number, text: string): FieldCallState {
    const calls = this.#calls[slot] ?? new Map<string, FieldCallState>();
    this.#calls[slot] = calls;
    const call = new FieldCallState();
    calls.set(text, call);
    return call;
  }

  /** Errors and fallbacks so far: equal numbers mean that nothing happened in between. */
  get incidents(): number {
    return this.errors.length + this.fallbacks.length;
  }

  report(error: unknown, position: Position, nodes: readonly FieldNode[]): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.errors.push({
      message: cause.message,
      path: pathAt(position, this.indices),
      locations: nodes.flatMap(({ loc }) => (loc === undefined ? [] : [getLocation(loc.source, loc.start)])),
      originalError: cause,
      extensions: {},
    });
  }

  noteFallback(position: Position, from: FallbackNote['from'], failure: GatewayError): void {
    const path = pathAt(position, this.indices);
    this.fallbacks.push({ path, reason: failure.code, from, service: failure.service });
  }
}
