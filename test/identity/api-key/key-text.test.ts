import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyText, hashKey, isKeyText } from '../../../src/identity/api-key/key-text.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('the text of a key', () => {
  it('shows its id, and is another one each time', () => {
    const keys = Array.from({ length: 500 }, () => createKeyText());
    for (const { id, text } of keys) {
      expect(text).toMatch(/^portico_[0-9a-z]{12}_[0-9A-Za-z]{49}$/);
      expect(text.startsWith(`portico_${id}_`)).toBe(true);
      expect(isKeyText(text)).toBe(true);
    }
    expect(new Set(keys.map(({ id }) => id)).size).toBe(500);
    expect(new Set(keys.map(({ text }) => text.slice(21))).size).toBe(500);
  });

  it('ends with a CRC-32 to the base of 62, which scanners can compute', () => {
    const { text } = createKeyText();
    let sum = 0;
    for (const digit of text.slice(-6)) sum = sum * 62 + DIGITS.indexOf(digit);
    expect(sum).toBe(crc32(text.slice(0, -6)));
  });

  it('is told from every text in which one character is another', () => {
    const { text } = createKeyText();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        expect(isKeyText(changed)).toBe(changed === text);
      }),
    );
  });

  it('is told from any other text, whatever that is', () => {
    const { text } = createKeyText();
    const near = fc
      .tuple(fc.nat(80), fc.string(), fc.nat(80))
      .map(([from, middle, to]) => text.slice(0, from) + middle + text.slice(to));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), near), (other) => {
        expect(isKeyText(other)).toBe(other === text);
      }),
    );
  });

  it('is kept as its SHA-256', () => {
    const { text } = createKeyText();
    expect(hashKey(text)).toBe(createHash('sha256').update(text).digest('hex'));
  });
});
