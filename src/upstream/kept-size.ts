import type { Headers } from '../kernel/scope.ts';

/** Bytes, about, that an entry and each of its texts take beside their content: small answers are mostly that. */
const ENTRY_SIZE = 1024;
const TEXT_SIZE = 32;

/** Bytes that a kept answer takes, of which so many for its body. */
export function keptSize(headers: Headers, body: number): number {
  return headers.reduce((sum, text) => sum + TEXT_SIZE + text.length, ENTRY_SIZE + body);
}
