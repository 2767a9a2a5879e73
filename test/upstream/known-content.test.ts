import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/kernel/json.ts';
import { KnownContents } from '../../src/upstream/known-content.ts';

/** Counts how often it was parsed. */
function reader(maxBytes?: number) {
  const contents = new KnownContents(maxBytes);
  const seen = { parsed: 0 };
  const parse = (bytes: Buffer): Json => {
    seen.parsed++;
    return JSON.parse(bytes.toString()) as Json;
  };
  return { contents, seen, read: (text: string) => contents.read(Buffer.from(text), parse) };
}

/** A text of that length in which one sign in the middle can be chosen, where no fingerprint looks. */
function long(sign: string): string {
  return JSON.stringify({ a: 'x'.repeat(1003) + sign + 'x'.repeat(996) });
}

describe('contents that came before', () => {
  it('are parsed twice, and then are the same value', () => {
    const { contents, seen, read } = reader();
    const first = read('{"a":[1,2]}');
    expect(contents.has(first)).toBe(false);
    const second = read('{"a":[1,2]}');
    expect(second).toEqual({ a: [1, 2] });
    expect(contents.has(second)).toBe(true);
    expect(read('{"a":[1,2]}')).toBe(second);
    expect(read('{"a":[1,2]}')).toBe(second);
    expect(seen.parsed).toBe(2);
  });

  it('are told from others by every byte', () => {
    const { read } = reader();
    for (let i = 0; i < 3; i++) read(long('a'));
    for (const sign of ['b', 'a', 'b', 'b', 'b', 'a', 'a', 'a'])
      expect(read(long(sign))).toEqual(JSON.parse(long(sign)));
  });

  it('stay as they are when the memory that they came in is used again', () => {
    const contents = new KnownContents();
    const parse = (bytes: Buffer) => JSON.parse(bytes.toString()) as Json;
    const memory = Buffer.from('{"a":1}{"b":2}');
    const piece = memory.subarray(0, 7);
    for (let i = 0; i < 3; i++) contents.read(piece, parse);
    memory.write('{"c":3}');
    expect(contents.read(piece, parse)).toEqual({ c: 3 });
    expect(contents.read(Buffer.from('{"a":1}'), parse)).toEqual({ a: 1 });
  });

  it('are given up for newer ones when there are too many, and when they are too large', () => {
    const { seen, read } = reader(4000);
    const small = (n: number) => JSON.stringify({ n, text: 'x'.repeat(300) });
    for (let n = 0; n < 20; n++) for (let i = 0; i < 3; i++) read(small(n));
    seen.parsed = 0;
    read(small(19));
    expect(seen.parsed).toBe(0);
    read(small(0));
    expect(seen.parsed).toBe(1);
    const large = JSON.stringify('x'.repeat(1001));
    for (let i = 0; i < 3; i++) read(large);
    expect(seen.parsed).toBe(4);
  });

  it('are not kept any more when none of them comes a third time, but for a few that are tried', () => {
    const { contents, read } = reader();
    const kept = (from: number, to: number) => {
      let count = 0;
      for (let n = from; n < to; n++) {
        read(`{"n":${n}}`);
        if (contents.has(read(`{"n":${n}}`))) count++;
      }
      return count;
    };
    expect(kept(0, 60)).toBeGreaterThan(50);
    kept(60, 200);
    expect(kept(200, 10_000)).toBeLessThan(100);
    // Traffic has changed: what comes again is soon kept again.
    for (let i = 0; i < 2000; i++) read('{"n":"again"}');
    expect(contents.has(read('{"n":"again"}'))).toBe(true);
  });

  it('throw what the parser throws, each time', () => {
    const { read } = reader();
    for (let i = 0; i < 4; i++) expect(() => read('{"a":')).toThrow(SyntaxError);
  });

  it('come out as parsed, whatever came before', () => {
    const text = fc.oneof(fc.json({ maxDepth: 2 }), fc.constantFrom(long('a'), long('b'), '[]', '7', '"x"'));
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 60 }),
        (texts, order) => {
          const { read } = reader(3000);
          for (const index of order) {
            const one = texts[index % Math.max(1, texts.length)];
            if (one !== undefined) expect(read(one)).toEqual(JSON.parse(one));
          }
        },
      ),
    );
  });
});
