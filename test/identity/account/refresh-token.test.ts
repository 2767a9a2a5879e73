import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashOf,
  isGenuine,
  newProofKey,
  newRefreshToken,
  type RefreshToken,
  readRefreshToken,
} from '../../../src/identity/account/refresh-token.ts';
import { newUuidV7 } from '../../../src/kernel/id.ts';

const familyId = newUuidV7(1_767_225_600_000);
const proofKey = newProofKey();

describe('a refresh token', () => {
  it('is known by its hash, and tells of itself that it was given out', () => {
    const { text, hash } = newRefreshToken(familyId, proofKey);
    const token = readRefreshToken(text) as RefreshToken;

    expect(token.familyId).toBe(familyId);
    expect(hashOf(token.secret)).toBe(hash);
    expect(isGenuine(token, proofKey)).toBe(true);
    expect(isGenuine(token, newProofKey())).toBe(false);
    expect(text).not.toContain(hash);
    expect(newRefreshToken(familyId, proofKey).text).not.toBe(text);
  });

  it('can not be made from another one by changing a character', () => {
    const { text, hash } = newRefreshToken(familyId, proofKey);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'ABCabc012_-.'), (at, character) => {
        fc.pre(text[at] !== character);
        const token = readRefreshToken(text.slice(0, at) + character + text.slice(at + 1));
        if (token === undefined) return;
        const isOfOther = token.familyId !== familyId;
        expect(isOfOther || !isGenuine(token, proofKey)).toBe(true);
        if (token.secret !== readRefreshToken(text)?.secret) expect(hashOf(token.secret)).not.toBe(hash);
      }),
    );
  });

  it('is read from nothing but its own form', () => {
    fc.assert(fc.property(fc.string(), (text) => readRefreshToken(text) === undefined));
    const { text } = newRefreshToken(familyId, proofKey);
    for (const near of [
      `${text} `,
      ` ${text}`,
      `${text}.x`,
      text.slice(1),
      text.replace('.', '..'),
      `${text}\n`,
    ]) {
      expect(readRefreshToken(near)).toBeUndefined();
    }
  });
});
