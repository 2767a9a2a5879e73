import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cutBody, echo, type HttpService, hang, startHttpService, text } from '../support/http-service.ts';
import { askRaw } from '../support/raw-http.ts';
import { type RestDoor, startRestDoor } from '../support/rest-door.ts';

/** Far more than all buffers between two ends hold together. */
const MUCH = 64 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');

let service: HttpService;
let door: RestDoor;

beforeEach(async () => {
  service = await startHttpService(echo);
  door = await startRestDoor({
    config: `
server: { bodyLimit: 1gb }
services: { files: { urls: ["${service.url}"], retry: { attempts: 0 } } }
routes: [{ path: "/*", service: files }]`,
  });
});
afterEach(async () => {
  await door.close();
  await service.close();
});

function open(path: string, method = 'GET', headers: Record<string, string> = {}) {
  return httpRequest(door.url + path, { method, headers, agent: false });
}

async function answerTo(request: ReturnType<typeof open>): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

describe('down', () => {
  test('what has been sent arrives before the rest is made', async () => {
    let finish = () => {};
    service.behave((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      finish = () => response.end('data: 2\n\n');
      setImmediate(() => response.write('data: 1\n\n'));
    });
    const request = open('/events').end();
    const response = await answerTo(request);
    expect(response.headers['content-type']).toBe('text/event-stream');
    const [first] = await once(response, 'data');
    expect(`${first}`).toBe('data: 1\n\n');
    finish();
    expect(await readText(response)).toBe('data: 2\n\n');
  });

  test('the head of a silent stream arrives before its first event', async () => {
    service.behave((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    const response = await answerTo(open('/events').end());
    expect(response.statusCode).toBe(200);
    response.destroy();
    await service.aborted(1);
  });

  test('a client that does not read holds the service up', async () => {
    const sending = startSending();
    service.behave((_request, response) => {
      response.writeHead(200, { 'content-length': MUCH });
      void sending.into(response);
    });
    const response = await answerTo(open('/big').end());
    await sending.stalled();
    expect(sending.bytes).toBeLessThan(MUCH / 4);
    let received = 0;
    for await (const chunk of response) received += chunk.length;
    expect(received).toBe(MUCH);
  });

  test('a client that leaves ends the transfer', async () => {
    const sending = startSending();
    service.behave((_request, response) => {
      response.writeHead(200, { 'content-length': MUCH });
      void sending.into(response);
    });
    const response = await answerTo(open('/big').end());
    await once(response, 'data');
    response.destroy();
    await service.aborted(1);
    expect(sending.bytes).toBeLessThan(MUCH);
  });

  test('a client that leaves before the answer ends the call', async () => {
    service.behave(hang);
    const request = open('/slow').end();
    request.on('error', () => {});
    await service.received(1);
    request.destroy();
    await service.aborted(1);
  });

  test('an answer that breaks off breaks off at the client, with nothing added', async () => {
    service.behave(cutBody);
    const response = await answerTo(open('/cut').end());
    expect(response.statusCode).toBe(200);
    const chunks: Buffer[] = [];
    response.on('data', (chunk) => chunks.push(chunk));
    const [error] = await once(response, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(Buffer.concat(chunks).toString()).toBe('{"half":');
  });

  test('a chunked answer that breaks off has no last chunk', async () => {
    service.behave((_request, response) => {
      response.write('half', () => response.destroy());
    });
    const socket = connect(door.port, '127.0.0.1');
    socket.write('GET /cut HTTP/1.1\r\nHost: x\r\n\r\n');
    const raw = await readText(socket);
    expect(raw).toContain('\r\n4\r\nhalf\r\n');
    expect(raw.endsWith('half\r\n')).toBe(true);
  });
});

describe('up', () => {
  test('what the client has sent arrives before the rest is there', async () => {
    let arrived = (_: string) => {};
    const first = new Promise<string>((resolve) => {
      arrived = resolve;
    });
    service.behave((request, response) => {
      request.once('data', (chunk) => arrived(`${chunk}`));
      request.on('end', () => response.end('done'));
    });
    const request = open('/up', 'POST');
    request.write('one');
    expect(await first).toBe('one');
    request.end('two');
    expect(await readText(await answerTo(request))).toBe('done');
    expect(`${service.requests[0]?.body}`).toBe('onetwo');
  });

  test('a service that does not read holds the client up', async () => {
    let take = () => {};
    service.behave((request, response) => {
      request.pause();
      take = () => {
        request.resume();
        request.on('end', () => response.end('taken'));
      };
    });
    const request = open('/up', 'PUT', { 'content-length': `${MUCH}` });
    const sending = startSending();
    void sending.into(request);
    await sending.stalled();
    expect(sending.bytes).toBeLessThan(MUCH / 4);
    take();
    expect(await readText(await answerTo(request))).toBe('taken');
    expect(service.requests[0]?.body.length).toBe(MUCH);
  });

  test('a client that leaves while it sends breaks the call off', async () => {
    service.behave(hang);
    const request = open('/up', 'PUT', { 'content-length': '1000' });
    request.on('error', () => {});
    request.write('some');
    await service.received(1);
    request.destroy();
    await service.aborted(1);
  });

  test('an answer that comes while the client still sends reaches it', async () => {
    service.behave((_request, response) => {
      response.writeHead(401, { connection: 'close' });
      response.end('first tell who you are');
    });
    const request = open('/up', 'PUT', { 'content-length': `${4 * CHUNK.length}` });
    request.on('error', () => {});
    request.write(CHUNK);
    const response = await answerTo(request);
    expect(response.statusCode).toBe(401);
    expect(await readText(response)).toBe('first tell who you are');
    request.destroy();
  });

  test('a service that is gone is told while the client still sends', async () => {
    await service.die();
    const request = open('/up', 'PUT', { 'transfer-encoding': 'chunked' });
    request.on('error', () => {});
    request.write(CHUNK);
    const response = await answerTo(request);
    expect(response.statusCode).toBe(502);
    expect(JSON.parse(await readText(response))).toMatchObject({ title: 'Bad gateway' });
    request.destroy();
  });

  test('both ways at once', async () => {
    const request = open('/echo', 'POST', { 'transfer-encoding': 'chunked' });
    void startSending(MUCH / 4).into(request);
    const response = await answerTo(request);
    let received = 0;
    for await (const chunk of response) received += chunk.length;
    expect(received).toBe(MUCH / 4);
  });

  test('a client that stops sending is told that it was too slow, and is not waited for', async () => {
    service.behave((request, response) => {
      request.on('end', () => response.end('never'));
    });
    const hasty = await startRestDoor({
      config: `
server: { requestTimeout: 100ms }
services: { files: { urls: ["${service.url}"], retry: { attempts: 0 } } }
routes: [{ path: "/*", service: files }]`,
    });
    const sent = 'POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50\r\n\r\nhalf';
    const answer = await askRaw(hasty.port, sent);
    expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
    await hasty.close();
  });

  test('a client that waits for the go-ahead gets it once', async () => {
    const raw = await dialogue(
      'POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
      'HTTP/1.1 100 Continue',
      'hello',
    );
    expect(raw.match(/100 Continue/g)).toHaveLength(1);
    expect(raw).toContain('HTTP/1.1 200 OK');
    expect(raw).toContain('hello');
    expect(service.requests[0]?.headers.expect).toBeUndefined();
  });

  test('a connection serves on after a request whose body nobody read', async () => {
    service.behave(text('unread'));
    const body = 'x'.repeat(5000);
    const post = `POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const raw = await dialogue(post, 'unread', `${post.replace('Host: x', 'Host: x\r\nConnection: close')}`);
    expect(raw.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

test('a connection serves on after a call that failed with half of the body sent', async () => {
  await service.die();
  const post = 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello';
  const raw = await dialogue(post, '"title"', 'xxxxxGET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(raw.match(/HTTP\/1\.1 502 Bad Gateway/g)).toHaveLength(2);
});

/** Sends `opening`, waits for `cue` in what comes back, sends `then`; all that came back until the end. */
async function dialogue(opening: string, cue: string, then: string): Promise<string> {
  const socket = connect(door.port, '127.0.0.1');
  let received = '';
  let sent = false;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (sent || !received.includes(cue)) return;
    sent = true;
    socket.write(then);
  });
  socket.write(opening);
  await once(socket, 'close');
  return received;
}

/** Writes `size` bytes as fast as they are taken. `stalled` resolves when nothing has been taken for a while. */
function startSending(size = MUCH) {
  const state = {
    bytes: 0,
    into: async (sink: Writable): Promise<void> => {
      sink.on('error', () => {});
      const closed = once(sink, 'close').catch(() => {});
      while (state.bytes < size && !sink.destroyed) {
        state.bytes += CHUNK.length;
        if (!sink.write(CHUNK)) await Promise.race([once(sink, 'drain').catch(() => {}), closed]);
      }
      sink.end();
    },
    /** Progress is looked at, not time: a slow machine only makes it wait longer. */
    stalled: async (): Promise<void> => {
      for (let before = -1; before !== state.bytes || before <= 0; ) {
        before = state.bytes;
        await delay(100);
      }
    },
  };
  return state;
}
