import type { Expression, PathExpression, SubSelection } from '../../connect/mapping/ast.ts';
import type { ConnectVersion } from '../../connect/mapping/mapping.ts';
import { parseMapping } from '../../connect/mapping/parse-mapping.ts';

/** A place of a mapping that looks at what the mapping is applied to. */
export interface InputRead {
  /** As it is written: `name`, `$` or `@`. */
  readonly text: string;
  /** In UTF-16 units of the mapping's text. */
  readonly offset: number;
}

/** What `$` and `@` stand for at some place: the input as a whole, or something made of anything else. */
interface Scope {
  readonly dollar: boolean;
  readonly at: boolean;
}

/** Where a mapping reads its input: before a call, and in a connector that calls nobody, there is none. */
export function findInputReads(
  source: string,
  version: ConnectVersion,
  kind: 'selection' | 'expression',
): InputRead[] {
  const { tree } = parseMapping(source, version, kind);
  if (tree === undefined) return [];
  const scope: Scope = { dollar: true, at: true };
  return tree.kind === 'fields' ? inSelection(tree.selection, scope) : inExpression(tree.value, scope);
}

function inSelection(selection: SubSelection, scope: Scope): InputRead[] {
  return selection.items.flatMap(({ value }) => inExpression(value, scope));
}

function inExpression(expression: Expression, scope: Scope): InputRead[] {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'array':
      return expression.items.flatMap((item) => inExpression(item, scope));
    case 'object':
      return inSelection(expression.selection, scope);
    case 'chain':
      return expression.operands.flatMap((operand) => inExpression(operand, scope));
    case 'path':
      return inPath(expression, scope);
  }
}

function inPath({ head, steps, selection }: PathExpression, scope: Scope): InputRead[] {
  const reads: InputRead[] = [];
  const { offset } = head;
  if (head.kind === 'key' && scope.dollar) reads.push({ text: head.name, offset });
  if (head.kind === 'dollar' && scope.dollar) reads.push({ text: '$', offset });
  if (head.kind === 'at' && scope.at) reads.push({ text: '@', offset });
  if (head.kind === 'expression') reads.push(...inExpression(head.value, scope));
  // Within a method's arguments `@` is the value that it is applied to; within braces `$` is too.
  const args = steps.flatMap((step) => (step.kind === 'method' ? step.args : []));
  reads.push(...args.flatMap((argument) => inExpression(argument, { ...scope, at: false })));
  if (selection !== undefined) reads.push(...inSelection(selection, { dollar: false, at: false }));
  return reads;
}
