import { randomBytes, randomFillSync } from 'node:crypto';

/** Random bytes that are asked for in one go: asking for eight of them costs nearly as much as for thousands. */
const bytesOfPool = Buffer.allocUnsafeSlow(16_384);
/** The random bytes not used yet, as hex digits: to cut a piece off costs next to nothing. */
let pool = '';
let used = 0;

/** A fresh request id: 32 hex digits, nothing to guess. */
export function newRequestId(): string {
  return newHexId(16);
}

/** `bytes` random bytes as lower-case hex; 16 for a trace id, 8 for a span id. */
export function newHexId(bytes: 8 | 16): string {
  const digits = 2 * bytes;
  if (used + digits > pool.length) {
    pool = randomFillSync(bytesOfPool).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}

/** UUID version 7 (RFC 9562): sorts by the wall time given, in milliseconds. */
export function newUuidV7(wall: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(wall, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
