import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Door, Inbound } from '../../src/guard/inbound.ts';
import { takeWhole } from '../../src/guard/read-whole.ts';
import { ReadyAnswer } from '../../src/guard/ready-answer.ts';
import { GatewayError } from '../../src/kernel/error.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  type GuardedServer,
  type GuardedServerOptions,
  startGuardedServer,
} from '../support/guarded-server.ts';
import { openRaw, parseAnswer, readToEnd } from '../support/raw-http.ts';

let server: GuardedServer;
let behave: (inbound: Inbound, send: () => void) => void;

const LONG = 'x'.repeat(30_000);

/** Answers ready, with path and body, as `behave` lets it. */
function createEcho(): Door {
  const answers = new Map<string, ReadyAnswer>();
  const readyFor = (text: string) => {
    const ready = answers.get(text) ?? new ReadyAnswer(200, ['Content-Type', 'text/plain'], text);
    answers.set(text, ready);
    return ready;
  };
  return async (inbound) => {
    const give = (body: Buffer) =>
      behave(inbound, () =>
        readyFor(`${inbound.path} ${body}${inbound.path === '/long' ? LONG : ''}`).sendTo(inbound),
      );
    if (inbound.repeated) give(inbound.repeated.body);
    else takeWhole(inbound.request, { takeBody: give, missBody() {} });
  };
}

beforeEach(() => {
  behave = (_inbound, send) => send();
});
afterEach(() => server.close());

async function start(options: GuardedServerOptions = {}): Promise<void> {
  server = await startGuardedServer({ entry: { door: createEcho() }, ...options });
}

function post(path: string, body: string, ...headers: readonly string[]): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: a.test', `Content-Length: ${body.length}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const ASKED = post('/ready', 'a body');

/** Reads answers from a connection, one after the other. */
class Answers {
  readonly socket: Socket;
  #text = '';

  constructor(socket: Socket) {
    this.socket = socket;
    // Else what is written behind an unanswered request may wait for 40 ms.
    socket.setNoDelay();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
    });
  }

  async next() {
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n');
      const answer = end === -1 ? undefined : parseAnswer(this.#text);
      const length = end + 4 + Number(answer?.headers['content-length'] ?? 0);
      if (answer !== undefined && this.#text.length >= length) {
        const whole = parseAnswer(this.#text.slice(0, length));
        this.#text = this.#text.slice(length);
        return whole;
      }
      await once(this.socket, 'data');
    }
  }

  async ask(bytes: string) {
    this.socket.write(bytes);
    return this.next();
  }
}

async function open(): Promise<Answers> {
  return new Answers(await openRaw(server.port));
}

/** A connection on which this request is known. */
async function openKnowing(bytes = ASKED): Promise<Answers> {
  const answers = await open();
  for (let i = 0; i < 4; i++) await answers.ask(bytes);
  expect(lastIsRepeated()).toBe(true);
  return answers;
}

/** Asks for the long answer without taking any, until one of them waits for room. */
async function fill({ socket }: Answers): Promise<void> {
  socket.pause();
  do {
    const asked = server.seen.length;
    socket.write(post('/long', ''));
    await server.reached(asked + 1);
    expect(lastIsRepeated()).toBe(true);
    // A tick later it is over if the connection has taken it.
    await new Promise((resolve) => setImmediate(resolve));
  } while (server.log.requests().length === server.seen.length);
}

function lastIsRepeated(): boolean {
  return server.seen.at(-1)?.inbound.repeated !== undefined;
}

/** Without what is another one with each answer. */
function settled({ status, headers, body }: ReturnType<typeof parseAnswer>) {
  const { 'x-request-id': _id, traceparent: _trace, date: _date, ...rest } = headers;
  return { status, headers: rest, body };
}

describe('a request that comes again on its connection', () => {
  it.each([
    ['with a body', ASKED],
    ['without one', 'GET /ready?a=%20b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['with a long answer', post('/long', '')],
    [
      'with an id of its own',
      post(
        '/ready',
        'b',
        'X-Request-ID: mine',
        'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      ),
    ],
  ])('is answered as the first time, %s', async (_name, bytes) => {
    await start();
    const answers = await open();
    const first = await answers.ask(bytes);
    const all = [first];
    for (let i = 0; i < 9; i++) all.push(await answers.ask(bytes));
    expect(server.seen.map(({ inbound }) => inbound.repeated !== undefined)).toEqual([
      ...[false, false, false],
      ...Array(7).fill(true),
    ]);
    for (const answer of all) expect(settled(answer)).toEqual(settled(first));
    const ids = new Set(all.map(({ headers }) => headers['x-request-id']));
    expect(ids.size).toBe(bytes.includes('mine') ? 1 : all.length);
    const [one, other] = [server.seen[0]?.inbound as Inbound, server.seen.at(-1)?.inbound as Inbound];
    for (const name of ['method', 'path', 'query', 'rawHeaders', 'headers'] as const)
      expect(other[name]).toEqual(one[name]);
    await server.log.ended(10);
    const lines = server.log.requests();
    for (const line of lines)
      expect(line).toMatchObject({
        method: one.method,
        path: one.path,
        route: 'the only one',
        status: 200,
        ip: '127.0.0.1',
      });
    expect(lines.map(({ requestId }) => requestId)).toEqual(
      all.map(({ headers }) => headers['x-request-id']),
    );
    await server.idle();
  });

  it('is known to other connections, and between other requests', async () => {
    await start();
    await openKnowing();
    const answers = await openKnowing(post('/ready', 'another'));
    expect((await answers.ask(ASKED)).body).toBe('/ready a body');
    expect(lastIsRepeated()).toBe(true);
    expect((await answers.ask(post('/ready', 'new'))).body).toBe('/ready new');
    expect(lastIsRepeated()).toBe(false);
    expect((await answers.ask(post('/ready', 'another'))).body).toBe('/ready another');
    expect(lastIsRepeated()).toBe(true);
  });

  it('is read again if it was not answered ready', async () => {
    await start();
    behave = ({ response }) => response.end('made');
    const answers = await open();
    for (let i = 0; i < 6; i++) expect((await answers.ask(ASKED)).status).toBe(200);
    expect(server.seen.some(({ inbound }) => inbound.repeated)).toBe(false);
  });

  it('may be answered in any other way, and be read as a stream', async () => {
    await start();
    const answers = await openKnowing();
    behave = async ({ request, response, repeated }) => {
      expect(repeated).toBeDefined();
      const chunks = await request.toArray();
      response.writeHead(201, { 'Content-Length': 6, Own: 'yes' }).end(Buffer.concat(chunks));
    };
    const answer = await answers.ask(ASKED);
    expect(answer).toMatchObject({ status: 201, body: 'a body', headers: { own: 'yes' } });
    expect(answer.headers['keep-alive']).toBe('timeout=65');
    behave = (_inbound, send) => send();
    expect((await answers.ask(ASKED)).status).toBe(200);
    await server.log.ended(6);
    expect(server.log.requests().map(({ status }) => status)).toEqual([200, 200, 200, 200, 201, 200]);
  });

  it('may be refused, and the connection goes on', async () => {
    await start();
    const answers = await openKnowing();
    behave = () => {
      throw new GatewayError('FORBIDDEN', 'Not you');
    };
    expect(await answers.ask(ASKED)).toMatchObject({ status: 403 });
    behave = (_inbound, send) => send();
    expect(await answers.ask(ASKED)).toMatchObject({ status: 200 });
    expect(await answers.ask(post('/ready', 'new'))).toMatchObject({ body: '/ready new' });
  });

  it('is answered in its turn, whatever comes behind it', async () => {
    await start();
    const other = await openKnowing();
    const answers = await openKnowing();
    const { bytesRead } = answers.socket;
    let sendFirst = () => {};
    behave = (_inbound, send) => {
      sendFirst = send;
    };
    const seen = server.seen.length;
    answers.socket.write(ASKED);
    await server.reached(seen + 1);
    behave = (_inbound, send) => send();
    answers.socket.write(post('/ready', 'second') + ASKED);
    for (let i = 0; i < 10; i++) await other.ask(ASKED);
    answers.socket.write(post('/ready', 'fourth'));
    for (let i = 0; i < 10; i++) await other.ask(ASKED);
    expect(server.seen.length).toBe(seen + 21);
    expect(answers.socket.bytesRead).toBe(bytesRead);
    sendFirst();
    const bodies = [];
    while (bodies.length < 4) bodies.push((await answers.next()).body);
    expect(bodies).toEqual(['/ready a body', '/ready second', '/ready a body', '/ready fourth']);
  });

  const beginning = 'GET /other HTTP/1.1\r\nX: ';

  it.each([
    ['of the first bytes', [ASKED, ASKED + beginning], false],
    ['behind a known one', [ASKED, ASKED, ASKED, ASKED + beginning], false],
    ['behind a new one', [ASKED, ASKED, ASKED, post('/ready', 'new') + beginning], false],
    ['while another one is under way', [ASKED, ASKED, ASKED, post('/ready', 'new'), beginning], true],
  ])('is nothing by itself if it is a part of another one: %s', async (_name, pieces, isSlow) => {
    await start();
    const other = await openKnowing();
    const answers = await open();
    const before = server.seen.length;
    for (const [i, piece] of pieces.entries()) {
      const sends: (() => void)[] = [];
      const waits = isSlow && piece !== beginning && pieces[i + 1] === beginning;
      if (waits) behave = (_inbound, send) => void sends.push(send);
      answers.socket.write(piece);
      if (waits) {
        await server.reached(before + i + 1);
        behave = (_inbound, send) => send();
        answers.socket.write(beginning);
        for (let n = 0; n < 10; n++) await other.ask(ASKED);
        for (const send of sends) send();
        await answers.next();
        break;
      }
      await answers.next();
    }
    expect(await answers.ask(ASKED)).toMatchObject({ body: '/other a body' });
    expect(lastIsRepeated()).toBe(false);
    expect(await answers.ask(ASKED)).toMatchObject({ body: '/ready a body' });
  });

  it('ends with its client', async () => {
    await start();
    const answers = await openKnowing();
    behave = () => {};
    answers.socket.write(ASKED);
    await server.reached(5);
    answers.socket.destroy();
    await server.log.ended(5);
    expect(server.aborted).toEqual(['CLIENT_CLOSED']);
    expect(server.log.requests()[4]).toMatchObject({ status: 499, aborted: true });
    await server.idle();
  });

  it('ends at its deadline', async () => {
    const clock = new FakeClock();
    await start({ clock, server: { requestTimeout: '10s' } });
    const answers = await openKnowing();
    behave = () => {};
    answers.socket.write(ASKED);
    await server.reached(5);
    clock.advance(10_000);
    clock.advance(1000);
    expect(await answers.next()).toMatchObject({ status: 504 });
    behave = (_inbound, send) => send();
    expect(await answers.ask(ASKED)).toMatchObject({ status: 200 });
  });

  it('is answered to its end while the gateway stops', async () => {
    await start();
    const answers = await openKnowing();
    let send = () => {};
    behave = (_inbound, sends) => {
      send = sends;
    };
    answers.socket.write(ASKED);
    await server.reached(5);
    server.phase = 'stopping';
    const stopped = server.stop();
    server.closeIdle();
    const end = readToEnd(answers.socket);
    send();
    expect(await answers.next()).toMatchObject({ status: 200, body: '/ready a body' });
    server.closeIdle();
    await end;
    await stopped;
  });

  it('is told that the connection ends while the gateway drains', async () => {
    await start();
    const answers = await openKnowing();
    server.phase = 'draining';
    const end = readToEnd(answers.socket);
    expect(await answers.ask(ASKED)).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await end;
  });

  it('is the last one on its connection if the answer says so', async () => {
    await start();
    const answers = await openKnowing();
    behave = ({ response }) => response.setHeader('Connection', 'close').end('bye');
    const end = readToEnd(answers.socket);
    answers.socket.write(ASKED);
    expect(await end).toContain('bye');
  });

  it('is cut off if its client takes nothing', async () => {
    await start({ server: { requestTimeout: '300ms' } });
    const answers = await openKnowing(post('/long', ''));
    await fill(answers);
    await server.idle();
    expect(server.log.requests().at(-1)).toMatchObject({ status: 200, aborted: true });
    answers.socket.destroy();
  });

  it('keeps its own answer if its client takes it late', async () => {
    await start();
    const bytes = post('/long', '');
    const other = await openKnowing(bytes);
    const answers = await openKnowing(bytes);
    const before = server.seen.length;
    await fill(answers);
    const asked = server.seen.length - before;
    for (let i = 0; i < 3; i++) await other.ask(bytes);
    answers.socket.resume();
    const ids = new Set<string | undefined>();
    for (let i = 0; i < asked; i++) ids.add((await answers.next()).headers['x-request-id']);
    expect(ids.size).toBe(asked);
    expect(await answers.ask(bytes)).toMatchObject({ status: 200 });
  });

  it.each([
    ['nonsense', 'NONSENSE\r\n\r\n', 400],
    ['a tunnel', 'CONNECT a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n', 405],
  ])('may be followed by %s, and that by nothing', async (_name, bytes, status) => {
    await start();
    const answers = await openKnowing();
    const end = readToEnd(answers.socket);
    expect(await answers.ask(bytes)).toMatchObject({ status });
    answers.socket.write(ASKED);
    expect(await end).not.toContain('a body');
    expect(server.seen.length).toBe(4);
  });
});

const requests = fc.constantFrom(
  ASKED,
  ASKED,
  ASKED,
  post('/ready', 'b'),
  post('/long', 'c'),
  'GET /ready?x HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'POST /ready HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'POST /ready HTTP/1.1\r\nhost:a.test\r\ncontent-length:1\r\n\r\nz',
);

describe('requests that come in any order and in any pieces', () => {
  it('get their answers, each its own', async () => {
    await start();
    behave = (_inbound, send) => void setImmediate(send);
    const pieces = fc.array(fc.tuple(fc.nat(400), fc.boolean()), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: 1, maxLength: 12 }), pieces, async (list, cuts) => {
        const answers = await openKnowing();
        const reading = (async () => {
          const bodies: string[] = [];
          while (bodies.length < list.length) bodies.push((await answers.next()).body);
          return bodies;
        })();
        let rest = list.join('');
        for (const [length, waits] of cuts) {
          answers.socket.write(rest.slice(0, length));
          rest = rest.slice(length);
          if (waits) await new Promise((resolve) => setImmediate(resolve));
        }
        answers.socket.write(rest);
        expect(await reading).toEqual(list.map(bodyFor));
        answers.socket.destroy();
      }),
      { numRuns: 300 },
    );
    await server.idle();
  });
});

function bodyFor(request: string): string {
  const [, path, body] = /^\w+ (\/\w+)[\s\S]*?\r\n\r\n([\s\S]*)$/.exec(request) as unknown as [
    string,
    string,
    string,
  ];
  return `${path} ${body.startsWith('3\r\n') ? 'abc' : body}${path === '/long' ? LONG : ''}`;
}
