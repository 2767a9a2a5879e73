import type {
  Expression,
  MappingTree,
  Naming,
  PathExpression,
  PathHead,
  PathStep,
  SelectionItem,
  SubSelection,
} from './ast.ts';
import { MappingSyntaxError, type Token, tokenize } from './lexer.ts';
import type { ConnectVersion, MappingProblem } from './mapping.ts';
import { describeToken, isKey, TokenCursor } from './token-cursor.ts';

export interface ParsedMapping {
  /** Absent if the text is not a mapping at all. */
  readonly tree: MappingTree | undefined;
  readonly problems: readonly MappingProblem[];
}

/**
 * Parses a mapping by the grammar of JSONSelection (Connect specification v0.1 to v0.4).
 * `selection` is a list of fields or one value; `expression` is one value. Never throws.
 */
export function parseMapping(
  source: string,
  version: ConnectVersion,
  kind: 'selection' | 'expression',
): ParsedMapping {
  try {
    const tokens = tokenize(source);
    if (kind === 'expression') return new Parser(tokens, version).parseValue();
    if (version === '0.4') return parseUnified(tokens);
    return new Parser(tokens, version).parseFields();
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): ParsedMapping {
  if (!(error instanceof MappingSyntaxError)) throw error;
  return { tree: undefined, problems: [{ severity: 'error', message: error.message, offset: error.offset }] };
}

/**
 * Since v0.4 the whole may be any value, and only what isn't one is a list of fields; a lone key stays a field.
 * If it is neither, the attempt that got further has the better explanation.
 */
function parseUnified(tokens: readonly Token[]): ParsedMapping {
  let asValue: ParsedMapping;
  try {
    asValue = new Parser(tokens, '0.4').parseValue();
  } catch (error) {
    asValue = failed(error);
  }
  const tree = asValue.tree;
  if (tree?.kind === 'value') {
    if (tree.value.kind === 'object') {
      return { tree: { kind: 'fields', selection: tree.value.selection }, problems: asValue.problems };
    }
    if (!(tree.value.kind === 'path' && singleKey(tree.value) !== undefined)) return asValue;
  }
  try {
    return new Parser(tokens, '0.4').parseFields();
  } catch (error) {
    const asFields = failed(error);
    const [valueProblem, fieldsProblem] = [asValue.problems[0], asFields.problems[0]];
    const further = (valueProblem?.offset ?? -1) > (fieldsProblem?.offset ?? -1);
    return further && asValue.tree === undefined ? asValue : asFields;
  }
}

/** The output key of `name`, `name?` and `name { … }`; other paths have no name of their own. */
function singleKey(path: PathExpression): { readonly name: string; readonly offset: number } | undefined {
  if (path.head.kind !== 'key' || path.steps.some((step) => step.kind !== 'optional')) return undefined;
  return path.head;
}

class Parser extends TokenCursor {
  parseFields(): ParsedMapping {
    const selection = this.#items(0, true);
    const only = selection.items.length === 1 ? selection.items[0] : undefined;
    const isValue =
      only?.naming.kind === 'anonymous' || (only?.naming.kind === 'spread' && !only.naming.explicit);
    const tree: MappingTree =
      only !== undefined && isValue ? { kind: 'value', value: only.value } : { kind: 'fields', selection };
    return { tree, problems: this.problems };
  }

  parseValue(): ParsedMapping {
    const value = this.#expression(true);
    if (this.peek().kind !== 'end')
      this.fail(`Unexpected ${describeToken(this.peek())} after the end of the value.`);
    return { tree: { kind: 'value', value }, problems: this.problems };
  }

  // ---- fields -------------------------------------------------------------------------------------------

  #subSelection(): SubSelection {
    const open = this.expectSign('{');
    return this.nested(() => {
      const selection = this.#items(open.offset, false);
      this.expectSign('}');
      return selection;
    });
  }

  /** Fields up to `}` or the end. Since v0.4 they may be separated by commas: by all or by none. */
  #items(offset: number, top: boolean): SubSelection {
    const items: SelectionItem[] = [];
    const ended = () => this.isSign('}') || this.peek().kind === 'end';
    let commas: boolean | undefined;
    while (!ended()) {
      if (items.length > 0) commas = this.#separator(commas);
      if (!ended()) items.push(this.#item());
    }
    if (top && this.isSign('}')) this.fail('There is no { that this } closes.');
    this.#checkAnonymous(items, top);
    return { items, offset };
  }

  /** Reads what stands between two fields; `commas` says whether a comma stood between the ones before. */
  #separator(commas: boolean | undefined): boolean {
    const comma = this.isSign(',');
    if (commas !== undefined && comma !== commas) {
      this.fail('Fields are separated either all by commas or all by spaces.');
    }
    if (!comma) return false;
    this.require('0.4', 'A comma between fields', this.peek().offset);
    this.advance();
    return true;
  }

  #checkAnonymous(items: readonly SelectionItem[], top: boolean): void {
    const item = items.find(({ naming }) => naming.kind === 'anonymous');
    if (item === undefined) return;
    if (items.length === 1 && (top || this.atLeast('0.3'))) return;
    this.problem(
      'A path among fields needs a name: write "name: path", or choose fields from it with { … }.',
      item.offset,
    );
  }

  #item(): SelectionItem {
    const first = this.peek();
    if (this.isSign('...')) {
      this.advance();
      this.require('0.4', 'Spread (...)', first.offset);
      return {
        naming: { kind: 'spread', explicit: true },
        value: this.#expression(false),
        offset: first.offset,
      };
    }
    if (isKey(first) && this.isSign(':', 1)) {
      this.advance(2);
      const naming: Naming = { kind: 'named', name: first.text, offset: first.offset };
      return { naming, value: this.#aliased(), offset: first.offset };
    }
    const value = this.#path();
    const key = singleKey(value);
    const unnamed: Naming =
      value.selection === undefined ? { kind: 'anonymous' } : { kind: 'spread', explicit: false };
    const naming: Naming =
      key === undefined ? unnamed : { kind: 'named', name: key.name, offset: key.offset };
    return { naming, value, offset: first.offset };
  }

  /** Before v0.4 only a path or a group can have an alias, and a quoted string is a key there. */
  #aliased(): Expression {
    const first = this.peek();
    if (this.isSign('{')) {
      const selection = this.#subSelection();
      const group: Expression = { kind: 'object', selection, offset: first.offset };
      return this.version === '0.4' ? this.#chain(this.#withTail(group), false) : group;
    }
    if (this.version === '0.4') return this.#expression(false);
    const path = this.#path();
    const operator = this.#operator();
    if (operator !== undefined) {
      this.fail(`Before connect/v0.4, ${operator} must stand inside $(…): write "name: $(a ${operator} b)".`);
    }
    return path;
  }

  // ---- values -------------------------------------------------------------------------------------------

  /** `top`: a lone key is a value at every version, because nothing else can be meant. */
  #expression(top: boolean): Expression {
    return this.nested(() => this.#chain(this.#operand(top), top));
  }

  #chain(first: Expression, top: boolean): Expression {
    const operator = this.#operator();
    if (operator === undefined) return first;
    this.require('0.3', operator, this.peek().offset);
    const operands = [first];
    for (let next: string | undefined = operator; next !== undefined; next = this.#operator()) {
      if (next !== operator)
        this.fail(`${operator} and ${next} can't be mixed in one chain: use $(…) to group.`);
      this.advance();
      operands.push(this.#operand(top));
    }
    return { kind: 'chain', operator, operands, offset: first.offset };
  }

  #operator(): '??' | '?!' | undefined {
    if (this.isSign('??')) return '??';
    return this.isSign('?!') ? '?!' : undefined;
  }

  #operand(top: boolean): Expression {
    const token = this.peek();
    const literal = this.#literal();
    if (literal !== undefined) {
      const value = this.#withTail(literal);
      return isKey(token) && this.isSign('{') ? this.#asKey(token, value) : value;
    }
    const path = this.#path();
    if (!top && path.selection === undefined && path.steps.length === 0 && path.head.kind === 'key') {
      this.require('0.3', `A key on its own in a value (otherwise write $.${path.head.name})`, path.offset);
    }
    return path;
  }

  /** Only a key can have fields chosen from it: before {, a word or string is one, even where it could be a literal. */
  #asKey({ text, offset }: Token, value: Expression): Expression {
    const steps = value.kind === 'path' ? value.steps : [];
    return {
      kind: 'path',
      head: { kind: 'key', name: text, offset },
      steps,
      selection: this.#subSelection(),
      offset,
    };
  }

  #literal(): Expression | undefined {
    const { kind, text, offset } = this.peek();
    if (kind === 'string') return this.#scalar(text, offset);
    if (kind === 'name' && (text === 'true' || text === 'false'))
      return this.#scalar(text === 'true', offset);
    if (kind === 'name' && text === 'null') return this.#scalar(null, offset);
    if (kind === 'number') return this.#number(1, offset);
    if (this.isSign('-')) {
      this.advance();
      if (this.peek().kind !== 'number') this.fail('A number must follow this minus.');
      return this.#number(-1, offset);
    }
    if (this.isSign('[')) return this.#array();
    return this.isSign('{') ? this.#object() : undefined;
  }

  #scalar(value: string | boolean | null, offset: number): Expression {
    this.advance();
    return { kind: 'literal', value, offset };
  }

  #number(sign: 1 | -1, offset: number): Expression {
    const value = Number(this.peek().text);
    if (!Number.isFinite(value)) this.fail('This number is too large.');
    this.advance();
    return { kind: 'literal', value: value === 0 ? 0 : sign * value, offset };
  }

  #array(): Expression {
    const open = this.expectSign('[');
    return { kind: 'array', items: this.#commaList(']'), offset: open.offset };
  }

  #object(): Expression {
    if (this.version === '0.4') {
      const offset = this.peek().offset;
      return { kind: 'object', selection: this.#subSelection(), offset };
    }
    const open = this.expectSign('{');
    const items: SelectionItem[] = [];
    while (!this.isSign('}')) {
      items.push(this.#property());
      if (this.isSign(',')) this.advance();
      else break;
    }
    this.expectSign('}');
    return { kind: 'object', selection: { items, offset: open.offset }, offset: open.offset };
  }

  #property(): SelectionItem {
    const key = this.key('A property of an object');
    const naming: Naming = { kind: 'named', name: key.text, offset: key.offset };
    if (this.isSign(':')) {
      this.advance();
      return { naming, value: this.#expression(false), offset: key.offset };
    }
    this.require('0.3', `{ ${key.text} } for { ${key.text}: $.${key.text} }`, key.offset);
    const head: PathHead = { kind: 'key', name: key.text, offset: key.offset };
    return {
      naming,
      value: { kind: 'path', head, steps: [], selection: undefined, offset: key.offset },
      offset: key.offset,
    };
  }

  // ---- paths --------------------------------------------------------------------------------------------

  #path(): PathExpression {
    const head = this.#head();
    const steps = this.#steps();
    const selection = this.isSign('{') ? this.#subSelection() : undefined;
    return { kind: 'path', head, steps, selection, offset: head.offset };
  }

  #withTail(literal: Expression): Expression {
    if (!this.#startsTail()) return literal;
    const head: PathHead = { kind: 'expression', value: literal, offset: literal.offset };
    return { kind: 'path', head, steps: this.#steps(), selection: undefined, offset: literal.offset };
  }

  #startsTail(): boolean {
    return this.isSign('.') || this.isSign('->') || this.isSign('?');
  }

  #head(): PathHead {
    const token = this.peek();
    const { text, offset } = token;
    if (this.isSign('$(')) {
      this.advance();
      const value = this.#expression(false);
      this.expectSign(')');
      return { kind: 'expression', value, offset };
    }
    if (token.kind === 'variable' || isKey(token) || this.isSign('$') || this.isSign('@')) {
      this.advance();
      if (token.kind === 'variable') return { kind: 'variable', name: text, offset };
      if (isKey(token)) return { kind: 'key', name: text, offset };
      return text === '$' ? { kind: 'dollar', offset } : { kind: 'at', offset };
    }
    if (this.isSign('.')) this.fail('A path can\'t start with a dot: write "$.name".');
    if (this.isSign('->')) this.fail('A method needs a value before it: write "$->method" or "@->method".');
    this.fail(`Expected a field, a path or a value here, but found ${describeToken(token)}.`);
  }

  #steps(): PathStep[] {
    const steps: PathStep[] = [];
    for (;;) {
      const { offset } = this.peek();
      if (this.isSign('.')) {
        this.advance();
        const key = this.key('A property');
        steps.push({ kind: 'key', name: key.text, offset: key.offset });
      } else if (this.isSign('->')) {
        steps.push(this.#method());
      } else if (this.isSign('?')) {
        this.advance();
        this.require('0.3', '? after a path step', offset);
        if (steps.at(-1)?.kind === 'optional') this.problem('One ? is enough.', offset);
        steps.push({ kind: 'optional', offset });
      } else {
        return steps;
      }
    }
  }

  #method(): PathStep {
    const arrow = this.expectSign('->');
    const name = this.peek();
    if (name.kind !== 'name')
      throw new MappingSyntaxError('The name of a method must follow ->.', arrow.offset);
    this.advance();
    if (!this.isSign('(')) return { kind: 'method', name: name.text, args: [], offset: name.offset };
    this.advance();
    return { kind: 'method', name: name.text, args: this.#commaList(')'), offset: name.offset };
  }

  #commaList(close: ']' | ')'): Expression[] {
    const values: Expression[] = [];
    while (!this.isSign(close)) {
      values.push(this.#expression(false));
      if (this.isSign(',')) this.advance();
      else break;
    }
    this.expectSign(close);
    return values;
  }
}
