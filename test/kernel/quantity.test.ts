import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parsePercent, parseSize } from '../../src/kernel/quantity.ts';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['30d', 2_592_000_000],
    ['1.5s', 1500],
    ['0s', 0],
  ])('reads %s as %d ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '30', 's', '-1s', '1 s', '1w', '1S', '1e3s', '999999999999999999d'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('sizes', () => {
  it.each([
    ['512kb', 524_288],
    ['1mb', 1_048_576],
    ['2GB', 2_147_483_648],
    ['10b', 10],
  ])('reads %s as %d bytes', (text, expected) => {
    expect(parseSize(text)).toBe(expected);
  });

  it.each(['', '1', 'mb', '1 mb', '1tb'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe('percentages', () => {
  it('gives a share from 0 to 1', () => {
    expect(parsePercent('50%')).toBe(0.5);
    expect(parsePercent('100%')).toBe(1);
    expect(parsePercent('101%')).toBeUndefined();
    expect(parsePercent('0.5')).toBeUndefined();
  });
});

it('any text gives a finite number or nothing', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseDuration, parseSize, parsePercent]) {
        const value = parse(text);
        expect(value === undefined || (Number.isFinite(value) && value >= 0)).toBe(true);
      }
    }),
  );
});
