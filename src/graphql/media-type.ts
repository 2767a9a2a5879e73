import { LRUCache } from 'lru-cache';

/** The media types of a GraphQL answer (GraphQL over HTTP, "Media Types"). */
export const RESPONSE_JSON = 'application/graphql-response+json';
export const JSON_TYPE = 'application/json';
export type AnswerType = typeof RESPONSE_JSON | typeof JSON_TYPE;

/**
 * The type to answer in by an `Accept` header; undefined if the client takes none of them. Where it leaves the
 * choice open it is `application/json`, which every client reads.
 */
export function chooseAnswerType(accept: string | undefined): AnswerType | undefined {
  if (accept === undefined || accept === '*/*') return JSON_TYPE;
  const known = chosen.get(accept);
  if (known !== undefined) return known.type;
  const type = choose(accept);
  if (accept.length <= LONGEST) chosen.set(accept, { type });
  return type;
}

/** Headers remembered with what they mean: clients of one kind all send the same. */
const chosen = new LRUCache<string, { readonly type: AnswerType | undefined }>({ max: 256 });
/** Characters of one that is remembered. */
const LONGEST = 512;

function choose(accept: string): AnswerType | undefined {
  if (accept.trim() === '') return JSON_TYPE;
  const ranges = accept
    .split(',')
    .map(readRange)
    .sort((a, b) => b.quality - a.quality);
  for (const { type, quality } of ranges) {
    if (quality <= 0) continue;
    if (type === RESPONSE_JSON) return RESPONSE_JSON;
    if (type === JSON_TYPE || type === 'application/*' || type === '*/*') return JSON_TYPE;
  }
  return undefined;
}

function readRange(text: string): { type: string; quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: Number.isNaN(quality) ? 1 : quality };
}

/** The media type of a `Content-Type` header, without parameters and in lower case. */
export function mediaTypeOf(contentType: string | undefined): string {
  if (contentType === JSON_TYPE) return JSON_TYPE;
  return (contentType?.split(';')[0] ?? '').trim().toLowerCase();
}
