import type { Config } from '../../config/schema/config.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { Measures } from './measure-document.ts';
import { type Cost, totalOf } from './weigh.ts';

/** What an operation may ask for at the most; 0: any number. */
export type LimitSettings = NonNullable<Config['graphql']>['limits'];

/**
 * How deep introspection may go, whatever `depth` is: the query that tools send is 14 levels deep below `__schema`,
 * and goes through one list of types into one list of their fields.
 */
const INTROSPECTION = { depth: 20, lists: 2 };

/** Why a document is not even parsed; nobody counts further than it takes to know that, unless for a person. */
export function tokenExcess({ tokens: limit }: LimitSettings, counted?: number): GatewayError {
  const tokens = counted === undefined ? `more than ${limit}` : counted;
  return tooCostly(`The document has ${tokens} tokens; at most ${limit} are allowed`);
}

/** Each limit that an operation's measures are beyond; empty if they keep to all of them. */
export function measureExcesses(measures: Measures, limits: LimitSettings): readonly GatewayError[] {
  const { depth, aliases, rootFields, introspection } = measures;
  const found: GatewayError[] = [];
  const check = (measured: number, limit: number, tell: (measured: string) => string) => {
    if (limit > 0 && measured > limit)
      found.push(tooCostly(`${tell(shown(measured))}; at most ${limit} are allowed`));
  };
  check(depth, limits.depth, (number) => `The operation is ${number} levels deep`);
  check(aliases, limits.aliases, (number) => `The operation has ${number} aliases`);
  check(rootFields, limits.rootFields, (number) => `The operation has ${number} root fields`);
  check(introspection.depth, INTROSPECTION.depth, (number) => `The introspection is ${number} levels deep`);
  check(
    introspection.lists,
    INTROSPECTION.lists,
    (number) => `The introspection asks for ${number} lists of types and fields within each other`,
  );
  return found;
}

export function costExcess(cost: Cost, limits: LimitSettings): GatewayError | undefined {
  const total = totalOf(cost);
  if (limits.cost === 0 || total <= limits.cost) return undefined;
  const kind = cost.type >= cost.field ? 'type' : 'field';
  return tooCostly(`The operation has a ${kind} cost of ${shown(total)}; at most ${limits.cost} is allowed`);
}

export function callExcess(calls: number, limits: LimitSettings): GatewayError | undefined {
  if (limits.calls === 0 || calls <= limits.calls) return undefined;
  return tooCostly(
    `The operation may need ${shown(calls)} upstream calls; at most ${limits.calls} are allowed`,
  );
}

export function tooCostly(message: string): GatewayError {
  return new GatewayError('OPERATION_TOO_COSTLY', message);
}

/** Weights may be fractions, and sizes beyond all measure. */
function shown(number: number): string {
  return number > Number.MAX_SAFE_INTEGER ? 'more than 9e15' : String(Math.round(number * 100) / 100);
}
