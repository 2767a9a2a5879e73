import type { Json } from '../../kernel/json.ts';
import { suggestion } from '../../kernel/problem.ts';
import { type Expression, literalValue, type PathStep } from './ast.ts';
import type { MappingProblem, Shape } from './mapping.ts';
import type { ArgumentType, Method } from './method.ts';
import { METHOD_NAMES, methodSignature } from './method-table.ts';
import { typeName } from './property.ts';

/** Is there such a method, has it the right number of arguments, and can its literals be what it needs? */
export function checkMethodCall(
  step: PathStep & { readonly kind: 'method' },
  input: Shape,
): MappingProblem[] {
  const signature = methodSignature(step.name);
  if (signature === undefined) {
    const message = `Unknown method ->${step.name}.${suggestion(step.name, METHOD_NAMES)}`;
    return [{ severity: 'error', message, offset: step.offset }];
  }
  const problems: MappingProblem[] = [];
  const { length } = step.args;
  if (length < signature.min || length > signature.max) {
    const message = `->${step.name} takes ${countPhrase(signature.min, signature.max)}, and here it has ${length}.`;
    problems.push({ severity: 'error', message, offset: step.offset });
  }
  if (!fitsInput(signature, input)) {
    const message = `->${step.name} works on ${signature.input?.join(', ')}, and not on this.`;
    problems.push({ severity: 'error', message, offset: step.offset });
  }
  step.args.forEach((arg, index) => {
    const type = signature.args[Math.min(index, signature.args.length - 1)];
    const wanted = type === undefined ? undefined : unfitting(arg, type);
    if (wanted === undefined) return;
    problems.push({ severity: 'error', message: `->${step.name} needs ${wanted} here.`, offset: arg.offset });
  });
  return problems;
}

function countPhrase(min: number, max: number): string {
  if (max === 0) return 'no arguments';
  const noun = (count: number) => (count === 1 ? 'argument' : 'arguments');
  if (min === max) return `${min} ${noun(min)}`;
  return max === Number.POSITIVE_INFINITY ? `at least ${min} ${noun(min)}` : `${min} to ${max} arguments`;
}

/** Only a literal is certain: what comes from data may be anything. */
function fitsInput(signature: Omit<Method, 'apply'>, input: Shape): boolean {
  const types: readonly string[] | undefined = signature.input;
  if (types === undefined || input.kind !== 'literal' || input.value === null) return true;
  return types.includes(typeName(input.value));
}

/** What should stand there instead, if this can't be right. */
function unfitting(arg: Expression, type: ArgumentType): string | undefined {
  if (type === 'pair') {
    const fits = arg.kind === 'array' && (arg.items.length === 1 || arg.items.length === 2);
    return fits ? undefined : 'a pair [candidate, value]';
  }
  if (type === 'variable') {
    const plain = arg.kind === 'path' && arg.steps.length === 0 && arg.selection === undefined;
    return plain && arg.head.kind === 'variable' ? undefined : 'a variable name such as $item';
  }
  const kind = literalKind(arg);
  if (kind === undefined || type === 'any') return undefined;
  const { fits, phrase } = LITERALS[type];
  return fits(kind, literalValue(arg)) ? undefined : phrase;
}

interface LiteralRule {
  readonly fits: (kind: string, value: Json | undefined) => boolean;
  readonly phrase: string;
}

const LITERALS: Readonly<Record<Exclude<ArgumentType, 'any' | 'pair' | 'variable'>, LiteralRule>> = {
  text: { fits: (kind) => kind === 'string', phrase: 'a string' },
  number: { fits: (kind) => kind === 'number', phrase: 'a number' },
  integer: { fits: (_kind, value) => Number.isInteger(value), phrase: 'a whole number' },
  boolean: { fits: (kind) => kind === 'boolean', phrase: 'a condition that gives true or false' },
  list: { fits: (kind) => kind === 'array', phrase: 'a list' },
  key: {
    fits: (kind, value) => kind === 'string' || Number.isInteger(value),
    phrase: 'a whole number or the name of a property',
  },
};

/** The type of a literal; what comes from data may be anything. */
function literalKind(arg: Expression): string | undefined {
  if (arg.kind === 'array' || arg.kind === 'object') return arg.kind;
  return arg.kind === 'literal' ? typeName(arg.value) : undefined;
}
