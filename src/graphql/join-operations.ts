import { createHash } from 'node:crypto';
import type { Principal } from '../kernel/principal.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import { type Guest, hand, Joins, type Work } from '../policy/join.ts';
import type { KnownOperation } from './known-operation.ts';
import { isTooDeep } from './nesting.ts';
import type { OperationAnswer } from './operation-answer.ts';
import type { OperationFacts } from './operation-facts.ts';
import type { RunOperation } from './run-operation.ts';

/** One wish to have a known operation run. It may be kept and granted again. */
export interface OperationWish {
  readonly operation: KnownOperation;
  readonly variables: { readonly [name: string]: unknown } | undefined;
  /** Equal for wishes with equal variables; undefined: this one is not joined with others. */
  readonly text: string | undefined;
}

/** Runs what is wished for; what the guest receives is as the client may see it. */
export type RunWish = (wish: OperationWish, scope: Scope, guest: Guest<OperationAnswer>) => void;

/** A wish for one run of the operation, or many. */
export function createWish(operation: KnownOperation, variables: OperationWish['variables']): OperationWish {
  return { operation, variables, text: operation.joinable ? variablesText(variables) : undefined };
}

/**
 * Runs known operations. Identical queries in flight share one run where each would have come to the same answer: the
 * same variables, the same values of all headers that any of their calls may forward or look at, and the same caller
 * if anything in them looks at the caller.
 */
export function createRunWish(run: RunOperation): RunWish {
  const joinings = new WeakMap<KnownOperation, Joining>();
  const work: Work<OperationWish, OperationAnswer> = ({ operation, variables }, scope) =>
    run({ document: operation.document, operationName: operation.name, variables, scope });
  return (wish, scope, guest) => {
    const { operation, text } = wish;
    if (text === undefined) {
      hand(work(wish, scope), guest);
      return;
    }
    let joining = joinings.get(operation);
    if (joining === undefined) {
      joining = new Joining(operation.facts, work);
      joinings.set(operation, joining);
    }
    joining.joins.run(text + joining.keyOf(scope), wish, scope, guest);
  };
}

/** What is the same for all runs of one operation, and those that are under way. */
class Joining {
  readonly joins: Joins<OperationWish, OperationAnswer>;
  readonly #caller: boolean;
  readonly #headers: (headers: Headers) => string;

  constructor({ caller, headers }: OperationFacts, work: Work<OperationWish, OperationAnswer>) {
    this.joins = new Joins(work);
    this.#caller = caller;
    this.#headers = compileHeaderText(headers);
  }

  /** Equal for requests that differ in nothing that the operation looks at. Neither part can hold a line feed. */
  keyOf({ headers, principal }: Scope): string {
    const caller = this.#caller && principal !== undefined ? callerText(principal) : '';
    return `\n${caller}\n${this.#headers(headers)}`;
  }
}

const callers = new WeakMap<Principal, string>();

/** A short text that stands for all that is known of a caller. */
function callerText(principal: Principal): string {
  const known = callers.get(principal);
  if (known !== undefined) return known;
  const text = createHash('sha256').update(JSON.stringify(principal)).digest('base64');
  callers.set(principal, text);
  return text;
}

/** Spellings of names that are remembered; a client may make up any number of others. */
const SPELLINGS = 256;

/** The lines of a header list with these names (lower case), in their order; others are told by their length, mostly. */
function compileHeaderText(names: readonly string[]): (headers: Headers) => string {
  if (names.length === 0) return () => '';
  const lengths = new Set(names.map((name) => name.length));
  const spellings = new Map<string, string | undefined>();
  const wanted = (spelling: string): string | undefined => {
    if (spellings.has(spelling)) return spellings.get(spelling);
    const name = spelling.toLowerCase();
    const found = names.includes(name) ? name : undefined;
    if (spellings.size < SPELLINGS) spellings.set(spelling, found);
    return found;
  };
  return (headers) => {
    let text = '';
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const spelling = headers[i] as string;
      const name = lengths.has(spelling.length) ? wanted(spelling) : undefined;
      if (name !== undefined) text += `${name}:${headers[i + 1]}\n`;
    }
    return text;
  };
}

/** Whatever the order of their names. Undefined if they are nested beyond measure. */
function variablesText(variables: OperationWish['variables']): string | undefined {
  if (variables === undefined) return '{}';
  return isTooDeep(variables) ? undefined : canonicalText(variables);
}

function canonicalText(value: unknown): string {
  // Told from null, which JSON makes of them: numbers that are too large for a number here.
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalText(inner)}`).join(',')}}`;
}
