import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';

const GIB = 1024 ** 3;
const ALLOWED_GROWTH = 150 * 1024 ** 2;
const CHUNK = Buffer.alloc(256 * 1024, 'portico ');

let service: Server;
let gateway: GatewayProcess;
/** Bytes in memory after a first small request. */
let fresh: number;

beforeAll(async () => {
  // `GET` gives a GiB, `PUT` takes whatever comes and tells how much it was.
  service = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-length': GIB });
      gigabyte().pipe(response);
    } else {
      void countBytes(request).then((bytes) => response.end(`${bytes}`));
    }
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  gateway = await startGatewayProcess(`
server: { bodyLimit: 2gb }
services: { files: { urls: ["http://127.0.0.1:${(service.address() as AddressInfo).port}"] } }
routes: [{ path: "/files/*", service: files }]`);
  const response = await send('/files/small', { method: 'PUT', body: Readable.from([CHUNK]) });
  expect(await countBytes(response)).toBeGreaterThan(0);
  fresh = (await gateway.memory()).memory;
});
afterAll(async () => {
  await gateway?.close();
  service.close();
  service.closeAllConnections();
});

describe('a body of 1 GiB leaves the memory of the gateway as it was', () => {
  test('on its way down', async () => {
    const response = await send('/files/big');
    expect(await countBytes(response)).toBe(GIB);
    expect(await growth()).toBeLessThan(ALLOWED_GROWTH);
  }, 120_000);

  test('on its way down to a client that stops in between', async () => {
    const response = await send('/files/big');
    let received = 0;
    for await (const chunk of response) {
      if (received === 0) await new Promise((resolve) => setTimeout(resolve, 500));
      received += chunk.length;
    }
    expect(received).toBe(GIB);
    expect(await growth()).toBeLessThan(ALLOWED_GROWTH);
  }, 120_000);

  test.each([
    ['of known length', { 'content-length': `${GIB}` }],
    ['chunked', { 'transfer-encoding': 'chunked' }],
  ])(
    'on its way up, %s',
    async (_, headers) => {
      const response = await send('/files/big', { method: 'PUT', headers, body: gigabyte() });
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe(`${GIB}`);
      expect(await growth()).toBeLessThan(ALLOWED_GROWTH);
    },
    120_000,
  );
});

/** Bytes by which the memory was at its largest over what a gateway that has just started needs. */
async function growth(): Promise<number> {
  return (await gateway.memory()).peak - fresh;
}

interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Readable;
}

async function send(
  path: string,
  { method = 'GET', headers = {}, body }: Sending = {},
): Promise<IncomingMessage> {
  const request = httpRequest(gateway.url + path, { method, headers, agent: false });
  const response = once(request, 'response');
  if (body) await pipeline(body, request);
  else request.end();
  return (await response)[0];
}

function gigabyte(): Readable {
  let sent = 0;
  return new Readable({
    highWaterMark: CHUNK.length,
    read() {
      sent += CHUNK.length;
      this.push(sent <= GIB ? CHUNK : null);
    },
  });
}

async function countBytes(stream: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}
