import type { Socket } from 'node:net';
import { GatewayRequest } from './gateway-request.ts';
import type { GatewayResponse } from './gateway-response.ts';

/** A request that Node's parser knows nothing of, and of which nothing more comes. */
export function makeRequest(socket: Socket, method: string, url: string): GatewayRequest {
  const request = new GatewayRequest(socket);
  request.httpVersion = '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  request.method = method;
  request.url = url;
  request.complete = true;
  return request;
}

/** Gives the connection to the response to such a request until it is out; then `onOut` is called. */
export function assignSocket(response: GatewayResponse, socket: Socket, onOut: () => void): void {
  response.once('finish', () => {
    response.detachSocket(socket);
    response.emit('close');
    onOut();
  });
  response.assignSocket(socket);
}
