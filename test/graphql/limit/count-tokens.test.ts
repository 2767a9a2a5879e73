import fc from 'fast-check';
import { Lexer, Source, TokenKind } from 'graphql';
import { describe, expect, it } from 'vitest';
import { countTokens } from '../../../src/graphql/limit/count-tokens.ts';

/** All tokens that graphql-js finds, comments too; undefined: it is no GraphQL. */
function tokensOf(text: string): number | undefined {
  const lexer = new Lexer(new Source(text));
  try {
    while (lexer.advance().kind !== TokenKind.EOF);
  } catch {
    return undefined;
  }
  let count = 0;
  // The first one stands before everything, the last one after it.
  for (let token = lexer.token.prev; token !== null && token.kind !== TokenKind.SOF; token = token.prev)
    count++;
  return count;
}

const name = fc.stringMatching(/^[_A-Za-z][_0-9A-Za-z]{0,6}$/);
const token = fc.oneof(
  name,
  fc.constantFrom('{', '}', '(', ')', '[', ']', '...', ':', '=', '@', '!', '$', '&', '|'),
  fc.constantFrom('0', '-12', '3.25', '1e9', '-2.5E-3', '7E+2'),
  fc.constantFrom('""', '"#"', '"a, b"', String.raw`"\""`, String.raw`"\\"`, '"é"'),
  fc.constantFrom('""""""', '"""a\n"quoted" # {"""', String.raw`"""an \""" inside"""`, '"""""a"""'),
  fc.constantFrom('#\n', '# a { b } "c"\r\n', '#"""\r'),
);
const gap = fc.constantFrom(' ', '\n', ',', '\t', '\r\n', ' , ', '\uFEFF');
const text = fc.array(fc.tuple(token, gap)).map((parts) => parts.flat().join(''));

describe('countTokens', () => {
  it.each([
    ['', 0],
    ['{ a }', 3],
    ['{a,b}', 4],
    ['query Q($a: Int = -1) { a(b: $a) ...F }', 21],
    ['# nothing but a comment', 1],
    ['{ a(b: "x y z", c: """ a\nb """) }', 11],
  ])('counts %j', (document, count) => {
    expect(countTokens(document)).toBe(count);
  });

  it('counts what graphql-js reads', () => {
    fc.assert(
      fc.property(text, (document) => {
        const expected = tokensOf(document);
        fc.pre(expected !== undefined);
        expect(countTokens(document)).toBe(expected);
      }),
    );
  });

  it('comes to an end with anything, and never counts more than there is', () => {
    const rubbish = fc.string({
      unit: fc.constantFrom('"', '\\', '#', '\n', '.', '-', 'a', '1', ' ', '{', 'é'),
    });
    fc.assert(
      fc.property(rubbish, (document) => {
        const expected = tokensOf(document);
        const count = countTokens(document);
        expect(count).toBeLessThanOrEqual(document.length);
        if (expected !== undefined) expect(count).toBe(expected);
      }),
    );
  });

  it('counts no further than it must', () => {
    expect(countTokens('{ a b c d e }', 7)).toBe(7);
    expect(countTokens('{ a b c d e }', 6)).toBe(7);
    expect(countTokens('{ a b c d e }', 2)).toBe(3);
  });
});
