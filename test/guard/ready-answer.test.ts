import { afterEach, describe, expect, it } from 'vitest';
import { answer } from '../../src/guard/answer.ts';
import type { Door } from '../../src/guard/inbound.ts';
import { ReadyAnswer } from '../../src/guard/ready-answer.ts';
import { type GuardedServer, startGuardedServer } from '../support/guarded-server.ts';
import { openRaw, readToEnd, sendRaw } from '../support/raw-http.ts';

let server: GuardedServer;
afterEach(() => server.close());

async function start(door: Door, settings: object = {}): Promise<void> {
  server = await startGuardedServer({ entry: { door }, server: settings });
}

const TYPE = ['Content-Type', 'text/plain', 'Vary', 'Accept'];

function request(path: string, id: string, ...headers: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: a.test', `X-Request-ID: ${id}`, ...headers, '', ''].join('\r\n');
}

const CLOSE = 'Connection: close';

/** Without what is another one with each answer. */
function settled(text: string): string {
  return text.replace(/^(traceparent|Date): .*$/gm, '$1');
}

const BODIES: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['a short text', 'short'],
  ['a short text with letters of several bytes', 'é€😀'],
  ['a text that goes out in one piece with its head', 'x'.repeat(12_000)],
  ['the same with letters of several bytes', 'é'.repeat(12_000)],
  ['a long text', 'é'.repeat(200_000)],
];

describe('an answer that is ready for many', () => {
  it.each(BODIES)('is to the letter one that is made for each: %s', async (_name, text) => {
    const ready = new ReadyAnswer(200, TYPE, text);
    await start(async ({ path, response }) =>
      path === '/ready' ? ready.send(response) : answer(response, 200, TYPE, text),
    );
    const ask = async (path: string, ...headers: string[]) =>
      settled(await sendRaw(server.port, request(path, 'same', CLOSE, ...headers)));
    const others = [
      [],
      ['tracestate: a=b', 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ];
    for (const headers of [...others, ...others]) {
      const [mine, single] = [await ask('/ready', ...headers), await ask('/single', ...headers)];
      expect(mine === single).toBe(true);
      expect(mine).toContain('HTTP/1.1 200 OK\r\nX-Request-ID: same\r\n');
      expect(Buffer.from(mine.slice(mine.indexOf('\r\n\r\n') + 4), 'latin1').toString() === text).toBe(true);
    }
  });

  it.each(BODIES)('is that on a connection that is kept, whoever asked before: %s', async (_name, text) => {
    const ready = new ReadyAnswer(200, TYPE, text);
    const origins = ['https://a.test', 'https://b.test'];
    await start(
      async ({ path, response }) =>
        path === '/ready' ? ready.send(response) : answer(response, 200, TYPE, text),
      { cors: { origins } },
    );
    const old = request('/ready', 'same', 'Connection: keep-alive').replace('HTTP/1.1', 'HTTP/1.0');
    const kinds = [
      request('/ready', 'same'),
      request('/ready', 'same', 'Origin: https://a.test'),
      request('/ready', 'same', 'Origin: https://b.test'),
      request('/ready', 'same', 'tracestate: a=b', 'baggage: c=d'),
      request('/ready', 'another'),
      old,
    ];
    const both = kinds.flatMap((kind) => [kind, kind, kind.replace('/ready', '/single')]);
    const last = request('/ready', 'last', CLOSE);
    const all = settled(await sendRaw(server.port, [...both, ...both, last].join('')));
    const answers = all.split(/(?=HTTP\/1\.1 200 OK\r\n)/);
    expect(answers).toHaveLength(2 * both.length + 1);
    for (let at = 0; at + 2 < answers.length; at += 3) {
      expect(answers[at]).toBe(answers[at + 2]);
      expect(answers[at + 1]).toBe(answers[at + 2]);
    }
    expect(answers.at(-1)).toContain('\r\nConnection: close\r\n');
  });

  it('tells the time at which it is sent', async () => {
    const ready = new ReadyAnswer(200, TYPE, 'x'.repeat(12_000));
    await start(async ({ response }) => ready.send(response));
    const seconds = new Set<number>();
    while (seconds.size < 3) {
      const now = Math.floor(Date.now() / 1000);
      seconds.add(now);
      const response = await fetch(server.url);
      await response.arrayBuffer();
      // Node puts it into words once a second, and may be a moment late.
      const told = Date.parse(response.headers.get('date') ?? '') / 1000;
      expect([now - 1, now, now + 1]).toContain(told);
    }
  });

  it('has no body for a HEAD', async () => {
    const ready = new ReadyAnswer(200, TYPE, 'x'.repeat(12_000));
    await start(async ({ response }) => ready.send(response));
    const text = await sendRaw(server.port, request('/', 'a', CLOSE).replace('GET', 'HEAD'));
    expect(text).toContain('\r\nContent-Length: 12000\r\n');
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('keeps the status that it was made with, and headers that were set before', async () => {
    const ready = new ReadyAnswer(400, TYPE, 'x'.repeat(12_000));
    await start(async ({ response }) => {
      response.setHeader('X-Before', 'yes');
      ready.send(response);
    });
    const text = await sendRaw(server.port, request('/', 'a', CLOSE));
    expect(text.startsWith('HTTP/1.1 400 Bad Request\r\n')).toBe(true);
    expect(text).toContain('\r\nX-Before: yes\r\n');
  });

  it('is nothing to who has been answered already', async () => {
    const ready = new ReadyAnswer(200, TYPE, 'late');
    await start(async ({ response }) => {
      answer(response, 200, TYPE, 'first');
      ready.send(response);
    });
    expect(await sendRaw(server.port, request('/', 'a', CLOSE))).toContain('first');
  });

  it.each([200, 12_000, 30_000, 100_000])(
    'goes whole to each, with a head of its own, whoever is slow to read: %d bytes',
    async (size) => {
      const ready = new ReadyAnswer(200, TYPE, 'é'.repeat(size / 2));
      await start(async ({ response }) => ready.send(response));
      const each = 90;
      const names = ['one', 'two', 'three'];
      const sockets = await Promise.all(names.map(() => openRaw(server.port)));
      // Nobody reads yet: more than connections hold is asked for, in turns.
      for (let n = 0; n < each; n += 1) {
        sockets.forEach((socket, at) => {
          socket.write(request('/', `${names[at]}-${n}`, ...(n === each - 1 ? [CLOSE] : [])));
        });
      }
      await server.reached(names.length * 2);
      const texts = await Promise.all(sockets.map(readToEnd));
      texts.forEach((text, at) => {
        const ids = [...text.matchAll(/X-Request-ID: (\S+)/g)].map(([, id]) => id);
        expect(ids).toEqual(Array.from({ length: each }, (_, n) => `${names[at]}-${n}`));
        const bodies = text.split(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\n/).slice(1);
        const body = Buffer.from('é'.repeat(size / 2)).toString('latin1');
        expect(bodies).toHaveLength(each);
        expect(bodies.every((one) => one === body)).toBe(true);
      });
    },
  );
});
