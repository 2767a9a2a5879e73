import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * A refresh token is `<family>.<secret>.<proof>`. Of the newest one of a family only the hash of its secret is kept;
 * the proof, made with a key of the family, tells one that was good once from one that somebody made up. So a family
 * knows all of its used tokens and is ended by them, while it takes one row however often it is refreshed, and nobody
 * can end it who knows no more than its id.
 */
export interface RefreshToken {
  readonly familyId: string;
  readonly secret: string;
  readonly proof: string;
}

const SECRET_BYTES = 32;
const TOKEN = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

/** A key for the proofs of one family, in base64url. */
export function newProofKey(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** A fresh token of a family: its text, and the hash by which it will be known. */
export function newRefreshToken(familyId: string, proofKey: string): { text: string; hash: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { text: `${familyId}.${secret}.${proofOf(secret, proofKey)}`, hash: hashOf(secret) };
}

/** The parts of a token; undefined for text that can't be one. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  const [, familyId, secret, proof] = TOKEN.exec(text) ?? [];
  if (familyId === undefined || secret === undefined || proof === undefined) return undefined;
  return { familyId, secret, proof };
}

/** Whether the token was given out once for the family of this key, used or not. */
export function isGenuine(token: RefreshToken, proofKey: string): boolean {
  return isEqual(token.proof, proofOf(token.secret, proofKey));
}

/** What is kept of a token (SHA-256; its secret is random, so nothing slower is needed). */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function proofOf(secret: string, proofKey: string): string {
  return createHmac('sha256', proofKey).update(secret).digest('base64url');
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
