import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';

/** Random bytes fetched in one go: asking the system for eight of them costs nearly as much as for thousands. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** A fresh request id: 32 hex digits, nothing to guess. */
export function newRequestId(): string {
  return randomUUID().replaceAll('-', '');
}

/** `bytes` random bytes as lower-case hex; 16 for a trace id, 8 for a span id. */
export function newHexId(bytes: 8 | 16): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
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
