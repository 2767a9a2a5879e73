import type { Headers } from '../kernel/scope.ts';

/** The headers of a request that decide how it is read and answered; each as Node would join it. */
export interface RequestHead {
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Reads them from the list: Node's object of all headers, which it makes when it is asked for, costs more than this door. */
export function readRequestHead(headers: Headers): RequestHead {
  let accept: string | undefined;
  let contentType: string | undefined;
  let contentEncoding: string | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    // Their lengths tell these three from nearly all others.
    if (name.length === 6 && name.toLowerCase() === 'accept') accept = join(accept, value);
    else if (name.length === 12 && name.toLowerCase() === 'content-type') contentType ??= value;
    else if (name.length === 16 && name.toLowerCase() === 'content-encoding')
      contentEncoding = join(contentEncoding, value);
  }
  return { accept, contentType, contentEncoding };
}

function join(first: string | undefined, next: string): string {
  return first === undefined ? next : `${first}, ${next}`;
}
