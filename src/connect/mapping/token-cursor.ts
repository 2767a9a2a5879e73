import { MappingSyntaxError, type Token } from './lexer.ts';
import type { ConnectVersion, MappingProblem } from './mapping.ts';

/** Deeper nesting than a person writes, and shallow enough that no text overflows the stack. */
const MAX_NESTING = 100;

/** A place in a list of tokens, and the problems found on the way there; what every parser rule needs. */
export class TokenCursor {
  protected readonly version: ConnectVersion;
  protected readonly problems: MappingProblem[] = [];
  readonly #tokens: readonly Token[];
  #at = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[], version: ConnectVersion) {
    this.#tokens = tokens;
    this.version = version;
  }

  protected advance(count = 1): void {
    this.#at += count;
  }

  protected peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  protected isSign(sign: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'sign' && token.text === sign;
  }

  protected expectSign(sign: string): Token {
    const token = this.peek();
    if (!this.isSign(sign)) this.fail(`Expected ${sign} here, but found ${describeToken(token)}.`);
    this.#at += 1;
    return token;
  }

  protected key(what: string): Token {
    const token = this.peek();
    if (!isKey(token)) this.fail(`${what} needs a name or a quoted name, but found ${describeToken(token)}.`);
    this.#at += 1;
    return token;
  }

  protected nested<T>(parse: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) this.fail(`This is nested more than ${MAX_NESTING} levels deep.`);
    const result = parse();
    this.#nesting -= 1;
    return result;
  }

  protected atLeast(version: ConnectVersion): boolean {
    return this.version >= version;
  }

  /** What a later version brought is reported, and read all the same, so that further problems show. */
  protected require(version: ConnectVersion, what: string, offset: number): void {
    if (this.atLeast(version)) return;
    this.problem(
      `${what} needs connect/v${version}, and this schema links connect/v${this.version}.`,
      offset,
    );
  }

  protected problem(message: string, offset: number): void {
    this.problems.push({ severity: 'error', message, offset });
  }

  protected fail(message: string): never {
    throw new MappingSyntaxError(message, this.peek().offset);
  }
}

/** Whether it can be the name of a property. */
export function isKey(token: Token): boolean {
  return token.kind === 'name' || token.kind === 'string';
}

/** As a message names it. */
export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'the end';
  return token.kind === 'string' ? `the string ${JSON.stringify(token.text)}` : `"${token.text}"`;
}
