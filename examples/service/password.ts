import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** What is kept of a password. */
export interface Credential {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export function credentialOf(password: string): Credential {
  const salt = randomBytes(16);
  return { salt, hash: scryptSync(password, salt, 32) };
}

export function isPassword(password: string, credential: Credential): boolean {
  return timingSafeEqual(scryptSync(password, credential.salt, 32), credential.hash);
}

/** All accounts of a demo share one password. */
export const demoPassword = (): string => process.env.DEMO_PASSWORD ?? 'portico-demo';
