import { IncomingMessage, ServerResponse } from 'node:http';

export type WireData = string | Uint8Array;
export type SendDone = (() => void) | null | undefined;

/** Steps of Node's own on the way of an answer, and where it is on it, which are not documented. */
interface InnerResponse {
  /** Makes the head out of the first line and the headers. */
  _storeHeader(firstLine: string, headers: unknown): void;
  /** Writes a piece of the answer, the first one with the head before it. */
  _send(data: WireData, encoding?: BufferEncoding | null, done?: SendDone, length?: number): boolean;
  /** Gives a piece to the connection, or keeps it until it is the answer's turn. */
  _writeRaw(data: WireData, encoding?: BufferEncoding | null, done?: SendDone, length?: number): boolean;
  /** The whole head. */
  _header: string | null;
  _headerSent: boolean;
  /** Milliseconds, for the `Keep-Alive` header. */
  readonly _keepAliveTimeout: number;
  readonly _defaultKeepAlive: boolean;
  readonly _expect_continue: boolean;
  /** The connection ends with it. */
  readonly _last: boolean;
  readonly maxRequestsOnConnectionReached?: boolean;
}

/** As Node has them. */
export const innerResponse = ServerResponse.prototype as unknown as InnerResponse;

/** The head of a response, if it has been made and has not gone out yet. */
export function headToSend(response: ServerResponse): string | undefined {
  const inner = response as unknown as InnerResponse;
  return inner._headerSent ? undefined : (inner._header ?? undefined);
}

/** For how many milliseconds the head says that the connection is kept. */
export function keptFor(response: ServerResponse): number {
  return (response as unknown as InnerResponse)._keepAliveTimeout;
}

/** Whether the head says that the connection ends with this answer. */
export function isLast(response: ServerResponse): boolean {
  return (response as unknown as InnerResponse)._last;
}

/** Whether nothing about the connection makes a head, with a length and a date, another one than most. */
export function isOrdinary(response: ServerResponse): boolean {
  const inner = response as unknown as InnerResponse;
  return (
    response.shouldKeepAlive &&
    response.sendDate &&
    inner._defaultKeepAlive &&
    !inner._expect_continue &&
    inner.maxRequestsOnConnectionReached !== true
  );
}

/** Takes a head as made that Node has not made. To be called before a piece is sent that begins with it. */
export function assumeHead(response: ServerResponse, status: number, head: string): void {
  const inner = response as unknown as InnerResponse;
  response.statusCode = status;
  inner._header = head;
}

/** Sends a piece that begins with the head: bytes, or a text of characters up to U+00FF. */
export function sendHeadAnd(response: ServerResponse, piece: WireData): void {
  const inner = response as unknown as InnerResponse;
  inner._headerSent = true;
  inner._writeRaw(piece, typeof piece === 'string' ? 'latin1' : undefined);
}

/** Stands between Node and these, and writes down how they are called. */
class Probe extends ServerResponse {
  readonly steps: string[] = [];

  _storeHeader(firstLine: string, headers: unknown): void {
    this.steps.push(`head ${firstLine.trim()}`);
    innerResponse._storeHeader.call(this, firstLine, headers);
  }

  _send(data: WireData, encoding?: BufferEncoding | null, done?: SendDone, length?: number): boolean {
    const isHeadLeft = headToSend(this)?.endsWith('\r\n\r\n') === true;
    this.steps.push(`send ${data} ${encoding} ${isHeadLeft}`);
    if (data === 'body') return true;
    return innerResponse._send.call(this, data, encoding, done, length);
  }

  _writeRaw(data: WireData): boolean {
    const isHeadLeft = headToSend(this) !== undefined;
    this.steps.push(`write ${String(data).endsWith('\r\n\r\n')} ${isHeadLeft}`);
    return true;
  }
}

const STEPS = 'head HTTP/1.1 200 OK,send body latin1 true,send  latin1 true,write true false';
/** Since Node 24 the body itself is the last piece. */
const STEPS_BODY_LAST = 'head HTTP/1.1 200 OK,send body latin1 true';
const STEPS_ASSUMED = 'write true false';

const steps = probe();

/** Whether this Node comes by them as those expect that stand between; asked once, of an answer that goes nowhere. */
export const hasInnerResponse: boolean = steps === STEPS || steps === STEPS_BODY_LAST;

/** Whether Node writes an empty piece behind a whole body, to be told when all is out. */
export const hasPieceBehindBody: boolean = steps === STEPS;

/** The steps of a whole answer; empty if a head can't be assumed. */
function probe(): string {
  try {
    const response = new Probe(new IncomingMessage(null as never));
    response.writeHead(200, ['Content-Length', '4']).end('body', 'latin1');
    const assumed = new Probe(new IncomingMessage(null as never));
    assumeHead(assumed, 200, '\r\n\r\n');
    sendHeadAnd(assumed, '\r\n\r\n');
    assumed.end();
    const isAssumed = assumed.headersSent && assumed.steps.join() === STEPS_ASSUMED;
    return isAssumed ? response.steps.join() : '';
  } catch {
    return '';
  }
}
