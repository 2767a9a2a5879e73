import type { Json } from '../../kernel/json.ts';
import type { Expression, MappingTree, PathExpression, SubSelection } from './ast.ts';
import { compileExpression, compileSelection, SlotCounter } from './compile-expression.ts';
import type { FieldView, MappingView, ObjectView } from './mapping.ts';
import type { Evaluate, Frame } from './method.ts';
import { isInheritedName } from './property.ts';

/** The view of a mapping that looks at nothing but the data; undefined if it has fields whose names only a run shows. */
export function compileView(tree: MappingTree): MappingView | undefined {
  if (tree.kind === 'fields') {
    const view = viewOf(tree.selection);
    return view && { read: (body) => body, view };
  }
  const value = tree.value;
  const inner = value.kind === 'path' ? innerView(value) : undefined;
  if (value.kind !== 'path' || inner === undefined) return { read: reader(value), view: undefined };
  return { read: reader({ ...value, selection: undefined }), view: inner };
}

function viewOf(selection: SubSelection): ObjectView | undefined {
  const fields = new Map<string, FieldView>();
  for (const { naming, value } of selection.items) {
    // Properties that are joined or merged are known by their names only when they are there.
    if (naming.kind !== 'named' || naming.name === '__proto__' || fields.has(naming.name)) return undefined;
    fields.set(naming.name, fieldView(value));
  }
  const slots = new SlotCounter();
  const build = compileSelection(selection, slots);
  return {
    fields,
    pure: selection.items.every(({ value }) => value.kind === 'path' && value.head.kind === 'key'),
    build: (raw) => build(raw, raw, newFrame()),
  };
}

function fieldView(value: Expression): FieldView {
  if (value.kind === 'object') {
    const view = viewOf(value.selection);
    if (view !== undefined) return { property: undefined, read: (raw) => raw, view, literal: true };
  }
  const view = value.kind === 'path' ? innerView(value) : undefined;
  const outer = view === undefined ? value : { ...(value as PathExpression), selection: undefined };
  const property = propertyOf(outer);
  return {
    property,
    read: property === undefined ? reader(outer) : (raw) => raw[property],
    view,
    literal: false,
  };
}

/** The view of the fields that end a path. Names bound on the way there (`->as`) hold inside: such a path is run whole. */
function innerView({ selection, steps }: PathExpression): ObjectView | undefined {
  if (selection === undefined || steps.some((step) => step.kind === 'method' && step.name === 'as'))
    return undefined;
  return viewOf(selection);
}

/** `name`, and nothing more, where no object could have inherited something of that name. */
function propertyOf(value: Expression): string | undefined {
  if (value.kind !== 'path' || value.head.kind !== 'key') return undefined;
  if (value.steps.length > 0 || value.selection !== undefined) return undefined;
  return isInheritedName(value.head.name) ? undefined : value.head.name;
}

function reader(expression: Expression): (raw: Json) => Json | undefined {
  const evaluate: Evaluate = compileExpression(expression, new SlotCounter());
  return (raw) => evaluate(raw, raw, newFrame());
}

function newFrame(): Frame {
  return { variables: {}, locals: [], observe: undefined, depth: 0 };
}
