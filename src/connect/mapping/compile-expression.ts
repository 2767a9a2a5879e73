import type { Json } from '../../kernel/json.ts';
import type { Expression, PathExpression, PathHead, PathStep, SubSelection } from './ast.ts';
import type { VariableName } from './mapping.ts';
import { type Evaluate, type Frame, missing } from './method.ts';
import { findMethod } from './method-table.ts';
import {
  type Draft,
  equalJson,
  isInheritedName,
  isObject,
  MAX_DATA_DEPTH,
  mergeJson,
  ownProperty,
  setProperty,
  typePhrase,
} from './property.ts';

/** One step along a path: from the value so far to the next. */
type Step = (value: Json, dollar: Json, frame: Frame) => Json | undefined;

/** Names bound by `->as`, and the slot of Frame.locals that each has. They hold for the rest of their path. */
type Scope = ReadonlyMap<string, number>;

/** Hands out slots for names bound by `->as`. */
export class SlotCounter {
  count = 0;
}

const NO_NAMES: Scope = new Map();

/** Turns a checked expression into closures; nothing of its text is looked at again. */
export function compileExpression(expression: Expression, slots: SlotCounter, scope = NO_NAMES): Evaluate {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'array': {
      const items = expression.items.map((item) => compileExpression(item, slots, scope));
      return (at, dollar, frame) => items.map((item) => item(at, dollar, frame) ?? null);
    }
    case 'object':
      return compileFields(expression.selection, slots, scope);
    case 'chain':
      return compileChain(
        expression.operator,
        expression.operands.map((operand) => compileExpression(operand, slots, scope)),
      );
    case 'path':
      return compilePath(expression, slots, scope);
  }
}

/** Applies fields to a value: to each item if it is a list. `$` and `@` are that value inside. */
export function compileSelection(selection: SubSelection, slots: SlotCounter, scope = NO_NAMES): Step {
  const fields = compileFields(selection, slots, scope);
  const each = (value: Json, frame: Frame): Json | undefined => {
    if (Array.isArray(value)) return eachItem(value as readonly Json[], frame, each);
    const result = fields(value, value, frame);
    // What has no fields to choose from stays what it is, so a null author is null and not {}.
    return isObject(value) || !isEmpty(result) ? result : value;
  };
  return (value, _dollar, frame) => each(value, frame);
}

function isEmpty(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** What is missing in a list becomes null, so that the other items keep their place. */
function eachItem(
  items: readonly Json[],
  frame: Frame,
  change: (item: Json, frame: Frame) => Json | undefined,
): Json | undefined {
  if (frame.depth >= MAX_DATA_DEPTH) return undefined;
  frame.depth += 1;
  const changed: Json[] = [];
  for (const item of items) changed.push(change(item, frame) ?? null);
  frame.depth -= 1;
  return changed;
}

function compileChain(operator: '??' | '?!', operands: readonly Evaluate[]): Evaluate {
  const skipsNull = operator === '??';
  const others = operands.slice(0, -1);
  const last = operands.at(-1) as Evaluate;
  return (at, dollar, frame) => {
    // What has something to fall back to may be missing: only the last is worth telling of.
    const quiet = frame.observe === undefined ? frame : { ...frame, observe: undefined };
    for (const operand of others) {
      const value = operand(at, dollar, quiet);
      if (value !== undefined && !(skipsNull && value === null)) return value;
    }
    return last(at, dollar, frame);
  };
}

// ---- fields -----------------------------------------------------------------------------------------------

interface Field {
  readonly name: string;
  /** The property of `$` that this field simply takes over, if it does nothing else. */
  readonly property: string | undefined;
  readonly evaluate: Evaluate;
}

function compileFields(selection: SubSelection, slots: SlotCounter, scope: Scope): Evaluate {
  const names = selection.items.map(({ naming }) => (naming.kind === 'named' ? naming.name : undefined));
  const plain = names.every((name) => name !== undefined && name !== '__proto__');
  if (!plain || new Set(names).size < names.length) return compileMergedFields(selection, slots, scope);
  const fields = selection.items.map(
    ({ value }, index): Field => ({
      name: names[index] as string,
      property: simpleProperty(value),
      evaluate: compileExpression(value, slots, scope),
    }),
  );
  return (at, dollar, frame) => {
    const result: Draft = {};
    const source = isObject(dollar) ? dollar : undefined;
    for (const field of fields) {
      let value = source !== undefined && field.property !== undefined ? source[field.property] : undefined;
      if (value === undefined) value = field.evaluate(at, dollar, frame);
      if (value !== undefined) result[field.name] = value;
    }
    return result;
  };
}

/** `name`, and nothing more: read directly, unless an object could have inherited something of that name. */
function simpleProperty(value: Expression): string | undefined {
  if (value.kind !== 'path' || value.head.kind !== 'key') return undefined;
  if (value.steps.length > 0 || value.selection !== undefined || isInheritedName(value.head.name))
    return undefined;
  return value.head.name;
}

/** Fields with spreads, or with one name twice: their values are merged in the order they are written. */
function compileMergedFields(selection: SubSelection, slots: SlotCounter, scope: Scope): Evaluate {
  const [first] = selection.items;
  if (first?.naming.kind === 'anonymous') return compileExpression(first.value, slots, scope);
  const parts = selection.items.map(({ naming, value, offset }) => ({
    name: naming.kind === 'named' ? naming.name : undefined,
    evaluate: compileExpression(value, slots, scope),
    offset,
  }));
  return (at, dollar, frame) => {
    const result: Draft = {};
    for (const { name, evaluate, offset } of parts) {
      const value = evaluate(at, dollar, frame);
      if (name !== undefined) joinProperty(result, name, value);
      // Null instead of fields leaves nothing of the whole.
      else if (value === null) return null;
      else if (isObject(value)) for (const key of Object.keys(value)) joinProperty(result, key, value[key]);
      else frame.observe?.(noFields(value), offset);
    }
    return result;
  };
}

function joinProperty(result: Draft, name: string, value: Json | undefined): void {
  if (value === undefined) return;
  const before = ownProperty(result, name);
  setProperty(result, name, before === undefined ? value : mergeJson(before, value));
}

function noFields(value: Json | undefined): string {
  const got = value === undefined ? 'nothing' : typePhrase(value);
  return `Only an object can join the fields around it, and here is ${got}.`;
}

// ---- paths ------------------------------------------------------------------------------------------------

function compilePath(path: PathExpression, slots: SlotCounter, scope: Scope): Evaluate {
  const steps: Step[] = [];
  if (path.head.kind === 'key') steps.push(keyStep(path.head, path.steps[0]?.kind === 'optional'));
  let names = scope;
  path.steps.forEach((step, index) => {
    if (step.kind === 'method' && step.name === 'as') {
      const bound = compileAs(step.args, slots, names);
      names = bound.scope;
      steps.push(bound.step);
    } else {
      steps.push(compileStep(step, path.steps[index + 1]?.kind === 'optional', slots, names));
    }
  });
  if (path.selection !== undefined) steps.push(compileSelection(path.selection, slots, names));
  return follow(path.head, steps, slots, scope);
}

/** The head's value through all steps, ending early where it is missing. */
function follow(head: PathHead, steps: readonly Step[], slots: SlotCounter, scope: Scope): Evaluate {
  const [first, second] = steps;
  const start = compileHead(head, slots, scope);
  if (first === undefined) return start;
  // Nearly all paths start at `$` and are short: these take no loop, and no call for their head.
  if ((head.kind === 'key' || head.kind === 'dollar') && steps.length <= 2) {
    if (second === undefined) return (_at, dollar, frame) => first(dollar, dollar, frame);
    return (_at, dollar, frame) => {
      const value = first(dollar, dollar, frame);
      return value === undefined ? undefined : second(value, dollar, frame);
    };
  }
  return (at, dollar, frame) => {
    let value = start(at, dollar, frame);
    for (const step of steps) {
      if (value === undefined) return undefined;
      value = step(value, dollar, frame);
    }
    return value;
  };
}

function compileHead(head: PathHead, slots: SlotCounter, scope: Scope): Evaluate {
  switch (head.kind) {
    case 'key':
    case 'dollar':
      return (_at, dollar) => dollar;
    case 'at':
      return (at) => at;
    case 'expression':
      return compileExpression(head.value, slots, scope);
    case 'variable': {
      const slot = scope.get(head.name);
      if (slot !== undefined) return (_at, _dollar, frame) => frame.locals[slot];
      const name = head.name as VariableName;
      return (_at, _dollar, frame) => {
        const value = frame.variables[name];
        if (value === undefined) frame.observe?.(`${name} has no value here.`, head.offset);
        return value;
      };
    }
  }
}

function compileStep(step: PathStep, quiet: boolean, slots: SlotCounter, scope: Scope): Step {
  if (step.kind === 'key') return keyStep(step, quiet);
  if (step.kind === 'optional') return (value) => (value === null ? undefined : value);
  if (step.name === 'match') return compileMatch(step, slots, scope);
  if (step.name === 'matchIf') return compileMatch(step, slots, scope);
  const method = findMethod(step.name);
  if (method === undefined) return () => undefined;
  const args = step.args.map((arg) => compileExpression(arg, slots, scope));
  const site = { name: step.name, offset: step.offset };
  return (value, dollar, frame) => method.apply(value, args, dollar, frame, site);
}

/** A property; of each item, if the value is a list. */
function keyStep(key: { readonly name: string; readonly offset: number }, quiet: boolean): Step {
  const { name, offset } = key;
  const inherited = isInheritedName(name);
  const read = (value: Json, frame: Frame): Json | undefined => {
    if (Array.isArray(value)) return eachItem(value as readonly Json[], frame, read);
    if (isObject(value)) {
      const found = inherited ? ownProperty(value, name) : value[name];
      if (found !== undefined) return found;
    }
    if (!quiet && frame.observe !== undefined) {
      frame.observe(`There is no ${JSON.stringify(name)} in ${typePhrase(value)}.`, offset);
    }
    return undefined;
  };
  return (value, _dollar, frame) => read(value, frame);
}

/** `->as($name)`: hands its input on, and binds it (or what the second argument makes of it) to the name. */
function compileAs(
  args: readonly Expression[],
  slots: SlotCounter,
  scope: Scope,
): { step: Step; scope: Scope } {
  const [variable, expression] = args;
  const name = variable?.kind === 'path' && variable.head.kind === 'variable' ? variable.head.name : '';
  const slot = slots.count;
  slots.count += 1;
  const evaluate = expression === undefined ? undefined : compileExpression(expression, slots, scope);
  const step: Step = (value, dollar, frame) => {
    frame.locals[slot] = evaluate === undefined ? value : evaluate(value, dollar, frame);
    return value;
  };
  return { step, scope: new Map([...scope, [name, slot]]) };
}

/** The value of the first pair that fits; a list of one stands for everything. Other pairs aren't evaluated. */
function compileMatch(step: PathStep & { readonly kind: 'method' }, slots: SlotCounter, scope: Scope): Step {
  const pairs = step.args.map((arg) => {
    const items = arg.kind === 'array' ? arg.items.map((item) => compileExpression(item, slots, scope)) : [];
    return items.length === 1 ? { fits: undefined, result: items[0] } : { fits: items[0], result: items[1] };
  });
  const onCondition = step.name === 'matchIf';
  return (value, dollar, frame) => {
    for (const { fits, result } of pairs) {
      const candidate = fits === undefined ? undefined : fits(value, dollar, frame);
      const fitting = onCondition
        ? candidate === true
        : candidate !== undefined && equalJson(candidate, value);
      if (fits === undefined || fitting) return result?.(value, dollar, frame);
    }
    return missing(frame, step, 'matched none of its pairs.');
  };
}
