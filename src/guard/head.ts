import type { Headers } from '../kernel/scope.ts';

/** What one walk over a request's headers has found. Where it says that there is more, others look closer. */
export interface Head {
  /** Of several ones the first. */
  host: string | undefined;
  contentLength: string | undefined;
  /** Empty where several are there: then nobody knows which one it is. */
  origin: string | undefined;
  hasRequestId: boolean;
  hasUpgrade: boolean;
  /** `traceparent`, `tracestate` or `baggage` is there. */
  hasTrace: boolean;
  /** `Transfer-Encoding` is there, or one twice that may be there once. */
  isUnclear: boolean;
}

const NAMES = [
  'host',
  'origin',
  'content-length',
  'content-type',
  'authorization',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
];
/** By the length of a name: whether it may be one of these. Most are not, and need no lower case then. */
const MAY_MATTER: readonly boolean[] = Array.from({ length: 18 }, (_, n) =>
  NAMES.some((name) => name.length === n),
);

/** Finds in one walk what the guard needs to know of nearly every request. */
export function readHead(headers: Headers): Head {
  const head: Head = {
    host: undefined,
    contentLength: undefined,
    origin: undefined,
    hasUpgrade: false,
    hasRequestId: false,
    hasTrace: false,
    isUnclear: false,
  };
  let types = 0;
  let authorizations = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length > 17 || !MAY_MATTER[name.length]) continue;
    switch (name.toLowerCase()) {
      case 'host':
        if (head.host === undefined) head.host = headers[i + 1];
        else head.isUnclear = true;
        break;
      case 'origin':
        head.origin = head.origin === undefined ? headers[i + 1] : '';
        break;
      case 'content-length':
        if (head.contentLength === undefined) head.contentLength = headers[i + 1];
        else head.isUnclear = true;
        break;
      case 'content-type':
        types += 1;
        break;
      case 'authorization':
        authorizations += 1;
        break;
      case 'transfer-encoding':
        head.isUnclear = true;
        break;
      case 'upgrade':
        head.hasUpgrade = true;
        break;
      case 'x-request-id':
        head.hasRequestId = true;
        break;
      case 'traceparent':
      case 'tracestate':
      case 'baggage':
        head.hasTrace = true;
    }
  }
  if (types > 1 || authorizations > 1) head.isUnclear = true;
  return head;
}
