import { IncomingMessage, ServerResponse } from 'node:http';

export type WireData = string | Uint8Array;
export type SendDone = (() => void) | null | undefined;

/** Two steps of Node's own on the way of an answer, which are not documented. */
interface InnerResponse {
  /** Makes the head out of the first line and the headers. */
  _storeHeader(firstLine: string, headers: unknown): void;
  /** Writes a piece of the answer, the first one with the head before it. */
  _send(data: WireData, encoding?: BufferEncoding | null, done?: SendDone, length?: number): boolean;
}

/** As Node has them. */
export const innerResponse = ServerResponse.prototype as unknown as InnerResponse;

/** Stands between Node and the two, and writes down how they are called. */
class Probe extends ServerResponse {
  readonly steps: string[] = [];

  _storeHeader(firstLine: string, headers: unknown): void {
    this.steps.push(`head ${firstLine.trim()}`);
    innerResponse._storeHeader.call(this, firstLine, headers);
  }

  _send(data: WireData, encoding?: BufferEncoding | null, done?: SendDone, length?: number): boolean {
    this.steps.push(`send ${data} ${data === '' ? encoding : ''}`);
    return innerResponse._send.call(this, data, encoding, done, length);
  }
}

/** Whether this Node comes by the two as those expect that stand between; asked once, of an answer that goes nowhere. */
export const hasInnerResponse: boolean = probe();

function probe(): boolean {
  try {
    const response = new Probe(new IncomingMessage(null as never));
    response.writeHead(200, ['Content-Length', '4']).end('body');
    return response.steps.join() === 'head HTTP/1.1 200 OK,send body ,send  latin1';
  } catch {
    return false;
  }
}
