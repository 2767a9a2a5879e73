import { LRUCache } from 'lru-cache';
import type { Json } from '../kernel/json.ts';

/** Bytes of content that are kept in all; what they were parsed to takes a few times as much. */
const MAX_BYTES = 8 * 1024 * 1024;
/** One content may take this share of it at the most. */
const MAX_SHARE = 1 / 4;
/** Fingerprints that are remembered of contents that were seen once. */
const SEEN = 4096;
/** Bytes of a content that its fingerprint is made of, evenly spread. */
const SAMPLES = 16;
/** Contents that may be kept before any of them has come again … */
const FIRST_CREDIT = 64;
/** … and those that each return pays for. Traffic that never repeats itself soon keeps nothing, at no cost. */
const CREDIT_OF_RETURN = 2;
const MAX_CREDIT = 1024;
/** After so many contents one more may be tried, for traffic changes. */
const REFILL = 256;

interface Kept {
  readonly bytes: Buffer;
  readonly value: Json;
}

/**
 * Contents that came before, and what they were parsed to. Services give many callers the same bytes, each on a call
 * of its own; what is the same to the byte need not be parsed again, whoever it was fetched for. A content is kept
 * from its second coming on, and told by all its bytes. Values are shared and must never be changed.
 */
export class KnownContents {
  readonly #kept: LRUCache<number, Kept>;
  readonly #seen = new Int32Array(SEEN);
  readonly #values = new WeakSet<object>();
  readonly #largest: number;
  #credit = FIRST_CREDIT;
  #read = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#largest = maxBytes * MAX_SHARE;
    this.#kept = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes.length });
  }

  /** What `parse` makes of the bytes, or has made of the same ones before. Throws what `parse` throws. */
  read(bytes: Buffer, parse: (bytes: Buffer) => Json): Json {
    if (bytes.length === 0 || bytes.length > this.#largest) return parse(bytes);
    const print = fingerprint(bytes);
    const known = this.#kept.get(print);
    if (known?.bytes.equals(bytes)) {
      this.#credit = Math.min(MAX_CREDIT, this.#credit + CREDIT_OF_RETURN);
      return known.value;
    }
    if (known !== undefined) this.#kept.delete(print);
    const value = parse(bytes);
    if (this.#isWorthKeeping(print, value)) this.#keep(print, bytes, value);
    return value;
  }

  /** Whether the value is kept here: the same bytes will give the very same one. */
  has(value: unknown): boolean {
    return typeof value === 'object' && value !== null && this.#values.has(value);
  }

  #isWorthKeeping(print: number, value: Json): value is Json & object {
    this.#read = (this.#read + 1) % REFILL;
    if (this.#read === 0 && this.#credit === 0) this.#credit = 1;
    const slot = print & (SEEN - 1);
    const wasSeen = this.#seen[slot] === print;
    this.#seen[slot] = print;
    return wasSeen && this.#credit > 0 && typeof value === 'object' && value !== null;
  }

  #keep(print: number, bytes: Buffer, value: Json & object): void {
    this.#credit--;
    // A copy: the bytes that came lie in a larger piece of memory, which would be kept with them.
    this.#kept.set(print, { bytes: Buffer.from(bytes), value });
    this.#values.add(value);
  }
}

/** The same for the same bytes, and mostly another one for others (FNV-1a over the length and some of the bytes). */
function fingerprint(bytes: Buffer): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const stride = bytes.length / SAMPLES;
  for (let i = 0; i < SAMPLES; i++)
    hash = Math.imul(hash ^ (bytes[Math.floor(i * stride)] as number), 0x01000193);
  // 0 is what stands for nothing seen.
  return Math.imul(hash ^ (bytes[bytes.length - 1] as number), 0x01000193) | 1;
}
