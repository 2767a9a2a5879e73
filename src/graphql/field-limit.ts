import { createHash } from 'node:crypto';
import type { FieldLimit } from '../blueprint/blueprint.ts';
import type { Clock } from '../kernel/clock.ts';
import type { GatewayError } from '../kernel/error.ts';
import { canonicalJson, type Json } from '../kernel/json.ts';
import type { Scope } from '../kernel/scope.ts';
import type { Count, Counters } from '../limits/counters.ts';
import { rateLimited, takeFrom } from '../limits/take.ts';

type Arguments = { readonly [name: string]: unknown };

/** Counts one use of a field; gives why it is one too many, at once or once that is known. Never throws or rejects. */
export type CountField = (
  limits: readonly FieldLimit[],
  args: Arguments,
  scope: Scope,
) => GatewayError | undefined | Promise<GatewayError | undefined>;

/**
 * Limits on fields, `@rateLimit`, as graphql-rate-limit means its arguments: each time that a field is resolved counts,
 * by caller and by the values of its identifying arguments, and a list that is named counts as many times as it has items.
 */
export function createCountField({
  counters,
  clock,
}: {
  readonly counters: Counters;
  readonly clock: Clock;
}): CountField {
  const take = ({ limit, identity, list }: FieldLimit, args: Arguments, scope: Scope) =>
    takeFrom(counters, limit, scope, {
      points: list === undefined ? 1 : lengthAt(args, list),
      ...(identity.length > 0 && { part: partOf(args, identity) }),
    });

  const refusal = ({ limit }: FieldLimit, count: Count) =>
    count.allowed ? undefined : rateLimited(limit, count, clock);

  /** From the limit with this number on. */
  const countFrom = (
    number: number,
    limits: readonly FieldLimit[],
    args: Arguments,
    scope: Scope,
  ): ReturnType<CountField> => {
    const one = limits[number];
    if (one === undefined) return undefined;
    const next = (count: Count) => refusal(one, count) ?? countFrom(number + 1, limits, args, scope);
    const count = take(one, args, scope);
    return count instanceof Promise ? count.then(next) : next(count);
  };

  return (limits, args, scope) => countFrom(0, limits, args, scope);
}

/** An empty list, or none, is one use all the same. */
function lengthAt(args: Arguments, path: readonly string[]): number {
  const value = valueIn(args, path);
  return Array.isArray(value) ? Math.max(1, value.length) : 1;
}

/** Short, and different for different values. */
function partOf(args: Arguments, identity: FieldLimit['identity']): string {
  const values = identity.map((path) => (valueIn(args, path) ?? null) as Json);
  return createHash('sha256').update(canonicalJson(values)).digest('base64url');
}

function valueIn(args: Arguments, path: readonly string[]): unknown {
  let value: unknown = args;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Arguments)[step];
  }
  return value;
}
