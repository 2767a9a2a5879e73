import type { Json } from '../../kernel/json.ts';
import { analyseMapping } from './analyse-mapping.ts';
import type { MappingTree } from './ast.ts';
import { compileExpression, compileSelection, SlotCounter } from './compile-expression.ts';
import { compileView } from './compile-view.ts';
import type {
  Compiled,
  ConnectVersion,
  Mapping,
  MappingObserver,
  VariableName,
  Variables,
} from './mapping.ts';
import type { Evaluate, Frame } from './method.ts';
import { parseMapping } from './parse-mapping.ts';

export interface MappingOptions {
  /** The version of the Connect specification that the schema links to. */
  readonly version: ConnectVersion;
  /**
   * `selection`: fields or one value, as in `selection`, `body`, `queryParams`.
   * `expression`: one value, as in the braces of a template, `isSuccess`, `errors.message`.
   */
  readonly kind: 'selection' | 'expression';
  /** The variables that mean something at this place of the schema. */
  readonly allow: readonly VariableName[];
  /** Those of them that a message offers in place of an unknown one; without it, all. */
  readonly offer?: readonly VariableName[];
}

/**
 * Parses, checks and compiles a mapping (JSONSelection of the Connect specification, v0.1 to v0.4).
 * Never throws: what is wrong is in `problems`, with offsets into `source` in UTF-16 units; with an error
 * among them there is no `value`. The compiled mapping never throws either.
 */
export function compileMapping(source: string, options: MappingOptions): Compiled<Mapping> {
  const { tree, problems: syntax } = parseMapping(source, options.version, options.kind);
  if (tree === undefined) return { value: undefined, problems: syntax };
  const {
    shape,
    uses,
    problems: found,
  } = analyseMapping(tree, options.allow, options.offer ?? options.allow);
  const problems = [...syntax, ...found].sort((a, b) => a.offset - b.offset);
  if (problems.some(({ severity }) => severity === 'error')) return { value: undefined, problems };
  const view = uses.length === 0 ? compileView(tree) : undefined;
  return { value: { source, shape, uses, view, evaluate: compileTree(tree) }, problems };
}

/** Where there is no answer yet, as in the body of a request, `$` is an object without properties. */
const NO_INPUT: Json = {};

function compileTree(tree: MappingTree): Mapping['evaluate'] {
  const slots = new SlotCounter();
  const run = compileRoot(tree, slots);
  const slotCount = slots.count;
  return (input: Json | undefined, variables: Variables, observe?: MappingObserver) => {
    const frame: Frame = {
      variables,
      locals: slotCount === 0 ? [] : new Array(slotCount),
      observe,
      depth: 0,
    };
    const root = input === undefined ? NO_INPUT : input;
    try {
      return run(root, root, frame);
    } catch (error) {
      // A string or stack that outgrows the engine: data no mapping is meant for, and no reason to fail a request.
      if (!(error instanceof RangeError)) throw error;
      observe?.('The data is too large for this mapping.', 0);
      return undefined;
    }
  };
}

function compileRoot(tree: MappingTree, slots: SlotCounter): Evaluate {
  return tree.kind === 'fields'
    ? compileSelection(tree.selection, slots)
    : compileExpression(tree.value, slots);
}
