import { LIST_METHODS } from './list-method.ts';
import type { Method } from './method.ts';
import { TEXT_METHODS } from './text-method.ts';
import { VALUE_METHODS } from './value-method.ts';

/**
 * Methods that decide themselves which of their arguments run, or bind a name: the compiler builds them in.
 * Their entries here are for the checks.
 */
const BUILT_IN: Readonly<Record<string, Omit<Method, 'apply'>>> = {
  match: { min: 1, max: Number.POSITIVE_INFINITY, args: ['pair'] },
  matchIf: { min: 1, max: Number.POSITIVE_INFINITY, args: ['pair'] },
  as: { min: 1, max: 2, args: ['variable', 'any'] },
};

const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...TEXT_METHODS, ...LIST_METHODS, ...VALUE_METHODS }),
);
const SIGNATURES: ReadonlyMap<string, Omit<Method, 'apply'>> = new Map([
  ...Object.entries(BUILT_IN),
  ...METHODS.entries(),
]);

/** All names that can stand after `->`. */
export const METHOD_NAMES: readonly string[] = [...SIGNATURES.keys()];

/** What a method takes; undefined if there is none of that name. */
export function methodSignature(name: string): Omit<Method, 'apply'> | undefined {
  return SIGNATURES.get(name);
}

/** A method's code; undefined for those that the compiler builds in. */
export function findMethod(name: string): Method | undefined {
  return METHODS.get(name);
}
