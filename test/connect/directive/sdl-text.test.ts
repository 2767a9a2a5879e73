import fc from 'fast-check';
import { Kind, parse, print, Source, type StringValueNode, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../../src/connect/directive/sdl-text.ts';

function stringsOf(sdl: string): StringValueNode[] {
  const found: StringValueNode[] = [];
  visit(parse(new Source(sdl, 'a.graphql')), {
    StringValue(node) {
      found.push(node);
    },
  });
  return found;
}

function characterAt(sdl: string, { line, column }: { line: number; column: number }): string {
  return sdl.split(/\r\n|[\n\r]/)[line - 1]?.slice(column - 1) ?? '';
}

describe('a position inside a string of the SDL', () => {
  it('counts escapes as the characters that they stand for', () => {
    const sdl = String.raw`type A @a(b: "x\t\u0041\u{1F600}\"z!")`;
    const [node] = stringsOf(sdl);
    const text = textOf(node as StringValueNode);
    expect(text.value).toBe('x\tA😀"z!');
    expect(characterAt(sdl, text.positionOf(text.value.indexOf('z')))).toMatch(/^z!/);
    expect(characterAt(sdl, text.positionOf(text.value.indexOf('A')))).toMatch(/^\\u0041/);
    expect(characterAt(sdl, text.positionOf(text.value.indexOf('"')))).toMatch(/^\\"z/);
  });

  it('knows of the indentation that a block string loses', () => {
    const sdl = 'type A @a(b: """\n\n      first\n        second\n      \n      thi\\"""rd X\n   """)';
    const [node] = stringsOf(sdl);
    const text = textOf(node as StringValueNode);
    expect(text.value).toBe('first\n  second\n\nthi"""rd X');
    expect(text.positionOf(0)).toEqual({ file: 'a.graphql', line: 3, column: 7 });
    expect(text.positionOf(text.value.indexOf('second'))).toEqual({ file: 'a.graphql', line: 4, column: 9 });
    expect(characterAt(sdl, text.positionOf(text.value.indexOf('X')))).toMatch(/^X/);
  });

  it('points past the end to the closing quotes', () => {
    const sdl = 'type A @a(b: "xy")';
    const [node] = stringsOf(sdl);
    expect(textOf(node as StringValueNode).positionOf(2)).toEqual({ file: 'a.graphql', line: 1, column: 17 });
    expect(textOf(node as StringValueNode).positionOf(99)).toEqual({
      file: 'a.graphql',
      line: 1,
      column: 17,
    });
  });

  it('is right for every letter of any text, quoted or block, however it is indented', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', 'ß', '😀', '"', '\\', ' ', '\t', '\n', '{', '#'),
    });
    fc.assert(
      fc.property(
        letters,
        fc.boolean(),
        fc.constantFrom('', '  ', '\t', '      '),
        (value, block, indent) => {
          const literal = print({ kind: Kind.STRING, value, block });
          const sdl = `type A @a(b: ${literal.replaceAll('\n', `\n${indent}`)})`;
          const [node] = stringsOf(sdl);
          const text = textOf(node as StringValueNode);
          for (let offset = 0; offset < text.value.length; offset += 1) {
            const letter = text.value[offset] ?? '';
            if (!/[abß{#]/.test(letter)) continue;
            expect(characterAt(sdl, text.positionOf(offset))[0]).toBe(letter);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
