import { getHeader, getHeaderValues } from '../kernel/headers.ts';
import { newHexId, newRequestId } from '../kernel/id.ts';
import type { Headers, Trace } from '../kernel/scope.ts';

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** W3C Trace Context, section 3.2: version, trace id, parent id, flags; later versions may add to it. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;
const SAMPLED = '01';
/** Characters of `tracestate` and `baggage` that are passed on; more than the specifications ask for is dropped whole. */
const MAX_STATE = 4096;
const MAX_BAGGAGE = 8192;

/** The client's own id if it has the form of one, else a fresh one. */
export function readRequestId(headers: Headers): string {
  const given = getHeader(headers, 'x-request-id');
  return given !== undefined && REQUEST_ID.test(given) ? given : newRequestId();
}

/** A trace of the gateway's own, for a request that names none. */
export function newTrace(): Trace {
  return { traceId: newHexId(16), spanId: newHexId(8), flags: SAMPLED, state: '', baggage: '' };
}

/** The trace that the request belongs to, with a span of the gateway's own; a new one if it names none that is valid. */
export function readTrace(headers: Headers): Trace {
  const parents = getHeaderValues(headers, 'traceparent');
  const baggage = joined(headers, 'baggage', MAX_BAGGAGE);
  const parent = parents.length === 1 ? parseTraceparent((parents[0] as string).trim()) : undefined;
  if (parent === undefined) return { ...newTrace(), baggage };
  return { ...parent, spanId: newHexId(8), state: joined(headers, 'tracestate', MAX_STATE), baggage };
}

function parseTraceparent(text: string): { traceId: string; flags: string } | undefined {
  const [, version, traceId, parentId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined || flags === undefined) {
    return undefined;
  }
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(parentId)) return undefined;
  return { traceId, flags };
}

function joined(headers: Headers, name: string, limit: number): string {
  const text = getHeaderValues(headers, name).join(',');
  return text.length <= limit ? text : '';
}

/** The trace as a `traceparent` whose parent is the gateway's own span. */
export function formatTraceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.flags}`;
}
