import { suggestion } from '../../kernel/problem.ts';
import type { Expression, MappingTree, PathExpression, PathHead, PathStep, SubSelection } from './ast.ts';
import { checkMethodCall } from './check-method-call.ts';
import type { MappingProblem, Shape, ShapeField, VariableName, VariableUse } from './mapping.ts';
import { bounded, itemOf, mergeShapes, propertyOf, UNKNOWN, unionOf } from './shape.ts';

/** What is known about a value without running: its shape, and the variables it may have come from. */
interface Known {
  readonly shape: Shape;
  readonly origins: readonly VariableUse[];
}

interface Scope {
  readonly at: Known;
  readonly dollar: Known;
  readonly locals: ReadonlyMap<string, Known>;
}

export interface Analysis {
  readonly shape: Shape;
  readonly uses: readonly VariableUse[];
  readonly problems: readonly MappingProblem[];
}

type MethodStep = PathStep & { readonly kind: 'method' };

const NOTHING: Known = { shape: UNKNOWN, origins: [] };
const NO_LOCALS: ReadonlyMap<string, Known> = new Map();

/** Walks a mapping once: what it gives, which variables it uses, and which names and arguments are wrong. */
export function analyseMapping(
  tree: MappingTree,
  allow: readonly VariableName[],
  offer: readonly VariableName[],
): Analysis {
  const analyst = new Analyst(allow, offer);
  const scope: Scope = { at: NOTHING, dollar: NOTHING, locals: NO_LOCALS };
  const shape =
    tree.kind === 'fields'
      ? analyst.fields(tree.selection, scope)
      : analyst.consume(analyst.value(tree.value, scope));
  return { shape, uses: analyst.uses, problems: analyst.problems };
}

class Analyst {
  readonly uses: VariableUse[] = [];
  readonly problems: MappingProblem[] = [];
  readonly #allow: readonly VariableName[];
  /** Those that a message may name. */
  readonly #offer: readonly VariableName[];

  constructor(allow: readonly VariableName[], offer: readonly VariableName[]) {
    this.#allow = allow;
    this.#offer = offer;
  }

  /** The value is needed as it is: whatever it may have come from is used. */
  consume(known: Known): Shape {
    this.uses.push(...known.origins);
    return known.shape;
  }

  value(expression: Expression, scope: Scope): Known {
    switch (expression.kind) {
      case 'literal':
        return { shape: { kind: 'literal', value: expression.value }, origins: [] };
      case 'array': {
        const items = expression.items.map((item) => this.consume(this.value(item, scope)));
        return { shape: bounded({ kind: 'list', of: unionOf(items) }), origins: [] };
      }
      case 'object':
        return { shape: this.fields(expression.selection, scope), origins: [] };
      case 'chain': {
        const operands = expression.operands.map((operand) => this.value(operand, scope));
        return eitherOf(operands);
      }
      case 'path':
        return this.#path(expression, scope);
    }
  }

  fields(selection: SubSelection, scope: Scope): Shape {
    const shapes: Shape[] = [];
    let named = new Map<string, ShapeField>();
    for (const { naming, value } of selection.items) {
      const shape = this.consume(this.value(value, scope));
      const distinct = naming.kind === 'named' && !named.has(naming.name);
      if (!distinct) {
        shapes.push({ kind: 'object', fields: named });
        named = new Map();
      }
      if (naming.kind === 'named') named.set(naming.name, { shape, offset: naming.offset });
      else shapes.push(shape);
    }
    // A path on its own is what the whole is; everything else is joined in the order it is written.
    if (selection.items.length === 1 && selection.items[0]?.naming.kind === 'anonymous')
      return shapes[1] ?? UNKNOWN;
    return shapes.reduceRight(
      (rest, shape) => mergeShapes(shape, rest),
      bounded({ kind: 'object', fields: named }),
    );
  }

  #path(path: PathExpression, scope: Scope): Known {
    let known = this.#head(path.head, scope);
    let inner = scope;
    for (const step of path.steps) {
      if (step.kind === 'key') known = this.#property(known, step.name, step.offset);
      if (step.kind === 'method' && step.name === 'as') inner = this.#bind(step, known, inner);
      else if (step.kind === 'method') known = this.#method(step, known, inner);
    }
    if (path.selection === undefined) return known;
    if (path.selection.items.length === 0) this.consume(known);
    const element: Known = { shape: itemOf(known.shape), origins: known.origins };
    return { shape: this.fields(path.selection, { ...inner, at: element, dollar: element }), origins: [] };
  }

  #head(head: PathHead, scope: Scope): Known {
    switch (head.kind) {
      case 'key':
        return this.#property(rebased(scope.dollar, head.offset), head.name, head.offset);
      case 'dollar':
        return rebased(scope.dollar, head.offset);
      case 'at':
        return rebased(scope.at, head.offset);
      case 'expression':
        return this.value(head.value, scope);
      case 'variable':
        return this.#variable(head.name, head.offset, scope);
    }
  }

  #variable(name: string, offset: number, scope: Scope): Known {
    const local = scope.locals.get(name);
    if (local !== undefined) return rebased(local, offset);
    const variable = this.#allow.find((allowed) => allowed === name);
    if (variable !== undefined) return { shape: UNKNOWN, origins: [{ variable, path: [], offset }] };
    const names = [...this.#offer, ...scope.locals.keys()];
    const allowed =
      names.length === 0 ? 'No variables can be used here.' : `Here you can use ${names.join(', ')}.`;
    this.#problem(`Unknown variable ${name}.${suggestion(name, names)} ${allowed}`, offset);
    return NOTHING;
  }

  #property(known: Known, name: string, offset: number): Known {
    const shape = propertyOf(known.shape, name);
    if (shape === undefined) {
      const message = `There is no ${JSON.stringify(name)} in what stands before it.`;
      this.problems.push({ severity: 'warning', message, offset });
    }
    const origins = known.origins.map((origin) => ({ ...origin, path: [...origin.path, name] }));
    return { shape: shape ?? UNKNOWN, origins };
  }

  #bind(step: MethodStep, input: Known, scope: Scope): Scope {
    const [variable, expression] = step.args;
    this.problems.push(...checkMethodCall(step, input.shape));
    const name =
      variable?.kind === 'path' && variable.head.kind === 'variable' ? variable.head.name : undefined;
    const value = expression === undefined ? input : this.value(expression, { ...scope, at: input });
    if (name === undefined) return scope;
    if (this.#allow.some((allowed) => allowed === name)) {
      const message = `->as(${name}) hides the variable of that name for the rest of this path.`;
      this.problems.push({ severity: 'warning', message, offset: variable?.offset ?? step.offset });
    }
    return { ...scope, locals: new Map([...scope.locals, [name, value]]) };
  }

  #method(step: MethodStep, input: Known, scope: Scope): Known {
    this.problems.push(...checkMethodCall(step, input.shape));
    const inside: Scope = { ...scope, at: input };
    const onItems: Scope = { ...scope, at: { shape: itemOf(input.shape), origins: input.origins } };
    const [first] = step.args;
    switch (step.name) {
      case 'echo':
      case 'map': {
        if (first === undefined || !mentionsAt(first)) this.consume(input);
        const result = this.#argument(first, step.name === 'map' ? onItems : inside);
        return step.name === 'map'
          ? { shape: { kind: 'list', of: result.shape }, origins: result.origins }
          : result;
      }
      case 'filter':
      case 'find':
        this.consume(this.#argument(first, onItems));
        return step.name === 'find' ? onItems.at : input;
      case 'first':
      case 'last':
        return onItems.at;
      case 'slice':
        for (const arg of step.args) this.consume(this.value(arg, inside));
        return input;
      case 'get':
        return this.#get(first, input, inside, step.offset);
      case 'match':
      case 'matchIf':
        return this.#match(step, input, inside);
      default:
        return this.#ordinary(step, input, inside);
    }
  }

  #argument(argument: Expression | undefined, scope: Scope): Known {
    return argument === undefined ? NOTHING : this.value(argument, scope);
  }

  #get(key: Expression | undefined, input: Known, scope: Scope, offset: number): Known {
    if (key?.kind === 'literal' && typeof key.value === 'string')
      return this.#property(input, key.value, offset);
    this.consume(this.#argument(key, scope));
    if (key?.kind === 'literal') return { shape: itemOf(input.shape), origins: input.origins };
    return { shape: UNKNOWN, origins: input.origins };
  }

  #match(step: MethodStep, input: Known, scope: Scope): Known {
    this.consume(input);
    const results: Known[] = [];
    for (const pair of step.args) {
      if (pair.kind !== 'array') continue;
      if (pair.items.length === 2)
        this.consume(this.#argument(pair.items[0], { ...scope, at: withoutOrigins(input) }));
      results.push(this.#argument(pair.items.at(-1), scope));
    }
    return eitherOf(results);
  }

  /** Needs its input and its arguments whole, and gives something new. */
  #ordinary(step: MethodStep, input: Known, scope: Scope): Known {
    this.consume(input);
    for (const arg of step.args) this.consume(this.value(arg, { ...scope, at: withoutOrigins(input) }));
    if (step.name !== 'entries') return NOTHING;
    const field = { shape: UNKNOWN, offset: step.offset };
    const fields = new Map([
      ['key', field],
      ['value', field],
    ]);
    return { shape: { kind: 'list', of: { kind: 'object', fields } }, origins: [] };
  }

  #problem(message: string, offset: number): void {
    this.problems.push({ severity: 'error', message, offset });
  }
}

/** The same value, mentioned again at another place of the text. */
function rebased(known: Known, offset: number): Known {
  if (known.origins.length === 0) return known;
  return { shape: known.shape, origins: known.origins.map((origin) => ({ ...origin, offset })) };
}

function withoutOrigins(known: Known): Known {
  return { shape: known.shape, origins: [] };
}

/** One of several values; an origin that several have counts once. */
function eitherOf(options: readonly Known[]): Known {
  const origins = new Map<string, VariableUse>();
  for (const origin of options.flatMap((option) => option.origins)) {
    origins.set(JSON.stringify([origin.variable, origin.path, origin.offset]), origin);
  }
  return { shape: unionOf(options.map(({ shape }) => shape)), origins: [...origins.values()] };
}

function mentionsAt(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return false;
    case 'array':
      return expression.items.some(mentionsAt);
    case 'object':
      return expression.selection.items.some(({ value }) => mentionsAt(value));
    case 'chain':
      return expression.operands.some(mentionsAt);
    case 'path':
      return (
        expression.head.kind === 'at' ||
        (expression.head.kind === 'expression' && mentionsAt(expression.head.value))
      );
  }
}
