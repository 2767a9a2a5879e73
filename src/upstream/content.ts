import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { GatewayError } from '../kernel/error.ts';
import { parseExactJson } from '../kernel/exact-json.ts';
import type { Json } from '../kernel/json.ts';
import { KnownContents } from './known-content.ts';

type Decoder = (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const inflateZlib: Decoder = promisify(inflate);
const inflateBare: Decoder = promisify(inflateRaw);

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  // `deflate` means the zlib format (RFC 9110, 8.4.1.2), but some servers leave its frame away.
  deflate: (data, options) =>
    ((data[0] ?? 0) & 0x0f) === 8 ? inflateZlib(data, options) : inflateBare(data, options),
  identity: (data) => Promise.resolve(data),
};

/**
 * Undoes a `content-encoding` (RFC 9110, section 8.4), the last one applied first.
 * Throws UPSTREAM_INVALID for an unknown coding, damaged data, or more than `limit` bytes of content.
 */
export async function decodeContent(
  data: Buffer,
  encoding: string,
  limit: number,
  service: string,
): Promise<Buffer> {
  const codings = encoding.toLowerCase().split(',').reverse();
  let content = data;
  for (const coding of codings) {
    const decode = DECODERS[coding.trim()];
    if (!decode) throw invalid(service, `in an encoding that the gateway can't undo`);
    if (content.length === 0) return content;
    try {
      content = await decode(content, { maxOutputLength: Math.max(1, Math.min(limit, 2 ** 31)) });
    } catch (cause) {
      throw invalid(service, 'damaged or larger than allowed', cause);
    }
  }
  return content;
}

/** One for all services: what the same bytes mean does not depend on where they came from. */
const known = new KnownContents();

/** Whether the parsed content is one that comes again and again, each time as this very value. */
export function isKnownContent(value: unknown): boolean {
  return known.has(value);
}

/**
 * JSON text (RFC 8259; a byte order mark is forgiven) → value, see `parseExactJson`; no bytes → undefined. The
 * value may be shared with others: it must not be changed.
 * Throws UPSTREAM_INVALID.
 */
export function parseJson(data: Buffer, service: string): Json | undefined {
  if (data.length === 0) return undefined;
  const marked = data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf;
  try {
    return known.read(marked ? data.subarray(3) : data, parseExactJson);
  } catch (cause) {
    throw invalid(service, 'not JSON', cause);
  }
}

function invalid(service: string, what: string, cause?: unknown): GatewayError {
  return new GatewayError('UPSTREAM_INVALID', `The answer of ${service} is ${what}`, { service, cause });
}
