import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuardedServer, startGuardedServer } from '../support/guarded-server.ts';
import { askRaw, openRaw, readToEnd } from '../support/raw-http.ts';

let server: GuardedServer;
beforeAll(async () => {
  server = await startGuardedServer({
    server: { bodyLimit: '1kb', headerLimit: '4kb' },
    entry: {
      door: async ({ request, response, path }) => {
        for await (const _chunk of request);
        response.end(path);
      },
    },
  });
});
afterAll(() => server.close());

/** Pieces of requests, right and wrong, in any order. */
const piece = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'GET ',
      'POST ',
      'OPTIONS ',
      '/',
      '/a',
      '*',
      'http://a.test/',
      '?q',
      ' HTTP/1.1',
      ' HTTP/1.0',
      ' HTTP/2.0',
    ),
  },
  { weight: 8, arbitrary: fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', ' ', '\t', ':', '\u0000') },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'Host: a.test\r\n',
      'Host: b@c\r\n',
      'Content-Length: 5\r\n',
      'Content-Length: 5000\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Transfer-Encoding: x\r\n',
      'Expect: 100-continue\r\n',
      'Connection: close\r\n',
      'Upgrade: h2c\r\nConnection: Upgrade\r\n',
      '5\r\nhello\r\n',
      '0\r\n\r\n',
      'fff\r\n',
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 6000 }).map((length) => 'x'.repeat(length)) },
);
const start = fc.constantFrom(
  'GET / HTTP/1.1\r\nHost: a.test\r\n',
  'POST /a HTTP/1.1\r\nHost: a.test\r\n',
  '',
);
const bytes = fc.tuple(start, fc.array(piece, { maxLength: 12 })).map(([head, rest]) => head + rest.join(''));

const STATUSES = [100, 200, 204, 400, 405, 408, 413, 414, 417, 431];

describe('whatever is sent', () => {
  it('gets a whole answer or none, and the next one is served as ever', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const socket = await openRaw(server.port);
        const answer = readToEnd(socket);
        socket.end(Buffer.from(sent, 'latin1'));
        const text = await answer;
        for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d+) /gm))
          expect(STATUSES).toContain(Number(status));
        if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 \d+ /);
        expect(text).not.toMatch(/HTTP\/1\.1 5\d\d/);
        const next = 'GET /next HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
        expect(await askRaw(server.port, next)).toMatchObject({ status: 200, body: '/next' });
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('leaves no exchange open, and is never a fault of the gateway', async () => {
    await server.idle();
    const faults = server.log.lines.filter(({ level }) => Number(level) >= 50);
    expect(faults).toEqual([]);
  });
});
