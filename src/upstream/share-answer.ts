import { getHeader } from '../kernel/headers.ts';
import { type Answer, type Call, sharingKey } from './call.ts';
import { Content, ContentBody } from './content-body.ts';
import { KeptBody } from './kept-body.ts';

/** Bytes up to which a streamed answer is held in memory so that several callers can have it. */
const SHARED_STREAM = 1024 * 1024;

/** Only a GET without a body is joined, and only if nobody asked for a call of its own. */
export function joiningKey(call: Call): string | undefined {
  return call.method === 'GET' && call.body === null && call.shared ? sharingKey(call) : undefined;
}

/**
 * A way to copy an answer for several callers. A GraphQL field reads its body whole in any case. A route streams, so
 * there only an answer that says how long it is, and is short, can be shared: an endless or a huge one would have to
 * be held back for the slowest reader. Nor can one that sets a cookie: it is for one caller, who may be a stranger to
 * the others although all asked the same.
 */
export function copyAnswer(
  service: string,
  call: Call,
  answer: Answer,
): ((joined: boolean) => Answer) | undefined {
  const { body, headers } = answer;
  if (call.door === 'rest') {
    if (body.length === undefined || body.length > SHARED_STREAM) return undefined;
    if (getHeader(headers, 'set-cookie') !== undefined) return undefined;
  }
  const content =
    body instanceof KeptBody
      ? body.content
      : new Content(service, getHeader(headers, 'content-encoding'), (limit) => body.bytes(limit));
  // Short answers have come as a whole, mostly: then nobody waits for a promise of it.
  if (call.door === 'rest') body.keep(SHARED_STREAM, (bytes) => content.have(bytes));
  return (joined) => ({
    ...answer,
    source: joined ? 'joined' : answer.source,
    body: new ContentBody(content),
  });
}
