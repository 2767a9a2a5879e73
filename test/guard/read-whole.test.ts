import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { answer } from '../../src/guard/answer.ts';
import type { Door } from '../../src/guard/inbound.ts';
import { readWhole } from '../../src/guard/read-whole.ts';
import { asGatewayError } from '../../src/kernel/error.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  type GuardedServer,
  type GuardedServerOptions,
  startGuardedServer,
} from '../support/guarded-server.ts';
import { askRaw, openRaw, parseAnswer, readToEnd, readUntil } from '../support/raw-http.ts';

let server: GuardedServer;
afterEach(() => server.close());

async function start(door: Door, options: GuardedServerOptions = {}): Promise<void> {
  server = await startGuardedServer({ ...options, entry: { door, ...options.entry } });
}

const whole: Door = async ({ request, response }) => answer(response, 200, [], await readWhole(request));

const streamed: Door = async ({ request, response }) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  answer(response, 200, [], Buffer.concat(chunks));
};

/** The same door, some turns of the event loop later, when all of a short body is here. */
function late(door: Door): Door {
  return async (inbound, scope, exchange) => {
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    return door(inbound, scope, exchange);
  };
}

function head(...headers: readonly string[]): string {
  return `${['POST / HTTP/1.1', 'Host: a.test', ...headers].join('\r\n')}\r\n\r\n`;
}

const doors: [name: string, door: Door][] = [
  ['whole', whole],
  ['whole and late', late(whole)],
  ['as a stream', streamed],
  ['as a stream and late', late(streamed)],
];

describe.each(doors)('a body that is read %s', (_name, door) => {
  it.each<[name: string, text: string]>([
    ['announced', `${head('Content-Length: 5', 'Connection: close')}hello`],
    ['chunked', `${head('Transfer-Encoding: chunked', 'Connection: close')}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`],
  ])('is what was sent: %s', async (_how, text) => {
    await start(door);
    expect(await askRaw(server.port, text)).toMatchObject({ status: 200, body: 'hello' });
  });

  it('is what was sent, in pieces of every size', async () => {
    await start(door);
    const sizes = [1, 1, 300, 2, ...Array.from({ length: 9000 }, () => 1), 255, 256, 9000, 1];
    const sent = sizes.map((size, i) => String.fromCharCode(97 + (i % 26)).repeat(size));
    const chunks = sent.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');
    const request = `${head('Transfer-Encoding: chunked', 'Connection: close')}${chunks}0\r\n\r\n`;
    expect((await askRaw(server.port, request)).body).toBe(sent.join(''));
  });

  it('may be empty, or none', async () => {
    await start(door);
    expect(await askRaw(server.port, head('Connection: close'))).toMatchObject({ status: 200, body: '' });
    expect(await askRaw(server.port, head('Connection: close', 'Content-Length: 0'))).toMatchObject({
      status: 200,
      body: '',
    });
  });

  it('may come in many pieces, and be larger than what is held', async () => {
    await start(door);
    const socket = await openRaw(server.port);
    const body = Array.from({ length: 900 }, (_, n) => `${n} ${'x'.repeat(1000)}`).join('\n');
    socket.write(head(`Content-Length: ${body.length}`, 'Connection: close'));
    for (let at = 0; at < body.length; at += 100_000) {
      socket.write(body.slice(at, at + 100_000));
      await nextTurn();
    }
    expect(parseAnswer(await readToEnd(socket)).body === body).toBe(true);
  });

  it('is followed by the next request of its connection', async () => {
    await start(door);
    const socket = await openRaw(server.port);
    socket.write(`${head('Content-Length: 3')}one${head('Content-Length: 3')}two`);
    socket.write(`${head('Content-Length: 5', 'Connection: close')}three`);
    expect((await readToEnd(socket)).match(/(?<=\r\n\r\n)(one|two|three)/g)).toEqual(['one', 'two', 'three']);
  });

  it('breaks off when its client leaves', async () => {
    const thrown: unknown[] = [];
    await start(async (inbound, scope, exchange) => {
      await Promise.resolve(door(inbound, scope, exchange)).catch((error) => {
        thrown.push(error);
        throw error;
      });
    });
    const socket = await openRaw(server.port);
    socket.write(`${head('Content-Length: 5')}he`);
    await server.reached(1);
    socket.destroy();
    await server.idle();
    await expect.poll(() => thrown.length).toBe(1);
    expect(server.aborted).toEqual(['CLIENT_CLOSED']);
    expect(server.log.requests()).toMatchObject([{ status: 499, aborted: true }]);
  });

  it('is answered for with 408 when the rest does not come', async () => {
    const clock = new FakeClock();
    await start(door, { clock });
    const socket = await openRaw(server.port);
    socket.write(`${head('Content-Length: 5')}he`);
    await server.reached(1);
    await clock.pass(0);
    await clock.pass(0);
    await clock.pass(60_000);
    expect(parseAnswer(await readUntil(socket, '"requestId"'))).toMatchObject({ status: 408 });
    expect(server.aborted).toEqual(['REQUEST_TIMEOUT']);
    socket.destroy();
  });
});

it('tells of a client that has left as the gateway does', async () => {
  const codes: string[] = [];
  await start(async ({ request }) => {
    await readWhole(request).catch((error) => codes.push(asGatewayError(error).code));
  });
  const socket = await openRaw(server.port);
  socket.write(head('Content-Length: 5'));
  await server.reached(1);
  socket.destroy();
  await expect.poll(() => codes).toEqual(['CLIENT_CLOSED']);
});

describe('a body that nobody reads', () => {
  const ignoring: Door = async ({ path, response }) => answer(response, 200, [], path);

  it.each<[name: string, first: string]>([
    ['none', 'GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['a short one', `${head('Content-Length: 5')}hello`],
    ['a chunked one', `${head('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
    ['a long one', `${head('Content-Length: 500000')}${'x'.repeat(500_000)}`],
  ])('does not stand in the way of the next request: %s', async (_name, first) => {
    await start(ignoring);
    const socket = await openRaw(server.port);
    socket.write(first);
    await readUntil(socket, 'Keep-Alive');
    socket.write('GET /2 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
    expect(await readToEnd(socket)).toContain('/2');
    await server.log.ended(2);
    expect(server.log.requests()).toMatchObject([{ status: 200 }, { path: '/2', status: 200 }]);
  });

  it('waits for the service and not for the client while a door has not asked for it', async () => {
    const clock = new FakeClock();
    await start(() => new Promise(() => {}), { clock });
    const socket = await openRaw(server.port);
    socket.write(`${head('Content-Length: 500000')}${'x'.repeat(200_000)}`);
    await server.reached(1);
    await expect.poll(() => server.seen[0]?.inbound.request.socket.bytesRead).toBeGreaterThan(10_000);
    await clock.pass(60_000);
    await clock.pass(100);
    expect(parseAnswer(await readUntil(socket, '"requestId"'))).toMatchObject({ status: 504 });
    socket.destroy();
  });
});
