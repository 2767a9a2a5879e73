import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../src/kernel/exact-json.ts';

describe.each([
  ['text', parseExactJson],
  ['bytes', (text: string) => parseExactJson(Buffer.from(text))],
])('exact JSON in %s', (_form, parse) => {
  it.each([
    ['{"id":9223372036854775807}', { id: '9223372036854775807' }],
    ['[-9223372036854775808, 9007199254740993]', ['-9223372036854775808', '9007199254740993']],
    [
      '{"a":"x\\"12345678901234567","b":12345678901234567}',
      { a: 'x"12345678901234567', b: '12345678901234567' },
    ],
    ['12345678901234567891', '12345678901234567891'],
    ['[1234567890.12345670000000000,\t-12345678901234567]', [1234567890.1234567, '-12345678901234567']],
    [
      '{"12345678901234567":"12345678901234567 12345678901234567","b":\n9007199254740993}',
      {
        '12345678901234567': '12345678901234567 12345678901234567',
        b: '9007199254740993',
      },
    ],
  ])('keeps the digits of an integer that a number cannot hold: %s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each(['9007199254740991', '10000000000000000', '0.12345678901234567', '1e30', '1234567890123456.5'])(
    'leaves %s a number',
    (text) => {
      expect(parse(text)).toBe(Number(text));
    },
  );

  it('throws where there is no JSON', () => {
    expect(() => parse('{12345678901234567:1}')).toThrow(SyntaxError);
    expect(() => parse('01234567890123456789')).toThrow(SyntaxError);
  });

  it('gives what JSON.parse gives for all other values', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.parse(text) as unknown;
        const isExact = (value: unknown): boolean =>
          typeof value === 'number'
            ? !Number.isInteger(value) || Number.isSafeInteger(value)
            : typeof value !== 'object' || value === null || Object.values(value).every(isExact);
        fc.pre(isExact(plain));
        expect(parse(text)).toEqual(plain);
      }),
    );
  });

  it('finds a long integer at any place among other numbers', () => {
    const numbers = fc.array(fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })));
    fc.assert(
      fc.property(numbers, numbers, fc.bigInt(2n ** 60n, 2n ** 70n), (before, after, integer) => {
        const text = `[${[...before.map(String), `${integer | 1n}`, ...after.map(String)].join(',')}]`;
        expect((parse(text) as unknown[])[before.length]).toBe(`${integer | 1n}`);
      }),
    );
  });

  it('gives every 64-bit integer back, wherever it stands', () => {
    const near = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 64n), fc.bigInt(2n ** 53n - 4n, 2n ** 53n + 4n));
    fc.assert(
      fc.property(near, fc.string(), (integer, key) => {
        const text = `{${JSON.stringify(key)}: [${integer} ,${JSON.stringify(`${key}${integer}`)}]}`;
        const [number, string] = Object.values(parse(text) as object)[0] as [unknown, unknown];
        expect(String(number)).toBe(String(integer));
        expect(string).toBe(`${key}${integer}`);
      }),
    );
  });
});
