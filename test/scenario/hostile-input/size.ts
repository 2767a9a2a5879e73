import { gzipSync } from 'node:zlib';
import { HOST, type HostileInput, json, keeping, request } from './hostile-input.ts';

const MEGABYTE = 1024 * 1024;
/** A hundred megabytes in a hundred kilobytes. */
const BOMB = gzipSync(Buffer.alloc(100 * MEGABYTE, ' '), { level: 9 });
const CHUNKED = 'Transfer-Encoding: chunked';

function chunk(size: number): string {
  return `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
}

/** Too large and too slow. */
export const size: readonly HostileInput[] = [
  { name: 'a target of 9 kB', bytes: request(`GET /public/${'x'.repeat(9000)} HTTP/1.1`), status: 414 },
  { name: 'a query of 9 kB', bytes: request(`GET /public/x?${'x'.repeat(9000)} HTTP/1.1`), status: 414 },
  { name: 'a target of 40 kB', bytes: request(`GET /public/${'x'.repeat(40_000)} HTTP/1.1`), status: 414 },
  {
    name: 'a target of 4000 segments',
    bytes: request(`GET /admin${'/a'.repeat(4000)} HTTP/1.1`),
    status: 401,
  },
  {
    name: 'a target of 2700 escapes',
    bytes: request(`GET /public${'/%41'.repeat(1900)} HTTP/1.1`, ['Host: evil.test']),
    status: 421,
  },
  {
    name: 'a header of 17 kB',
    bytes: request('GET /public/x HTTP/1.1', [`X: ${'x'.repeat(17_000)}`]),
    status: 431,
  },
  {
    name: 'a header of 1 MB',
    bytes: request('GET /public/x HTTP/1.1', [`X: ${'x'.repeat(MEGABYTE)}`]),
    status: 431,
  },
  {
    name: 'a header name of 17 kB',
    bytes: request('GET /public/x HTTP/1.1', [`${'x'.repeat(17_000)}: x`]),
    status: 431,
  },
  {
    name: '5000 headers',
    bytes: request(
      'GET /public/x HTTP/1.1',
      Array.from({ length: 5000 }, (_, i) => `X${i}: 1`),
    ),
    status: 431,
  },
  {
    name: '3000 headers of one name',
    bytes: request(
      'GET /admin/x HTTP/1.1',
      Array.from({ length: 3000 }, () => 'a:'),
    ),
    status: 401,
  },
  {
    name: 'a cookie of 15 kB',
    bytes: request('GET /admin/x HTTP/1.1', [`Cookie: ${'a=b; '.repeat(3000)}`]),
    status: 401,
  },
  {
    name: 'a body that says it is too large',
    bytes: request('POST /public/x HTTP/1.1', [`Content-Length: ${MEGABYTE + 1}`]),
    status: 413,
  },
  {
    name: 'a body that says it is very much too large',
    bytes: request('POST /public/x HTTP/1.1', ['Content-Length: 999999999999']),
    status: 413,
  },
  {
    name: 'a body that is too large, sent whole',
    bytes: request(
      'POST /graphql HTTP/1.1',
      ['Content-Type: application/json', `Content-Length: ${2 * MEGABYTE}`],
      ' '.repeat(2 * MEGABYTE),
    ),
    status: 413,
  },
  {
    name: 'a body that says nothing and is too large',
    bytes: request(
      'POST /graphql HTTP/1.1',
      ['Content-Type: application/json', CHUNKED],
      chunk(MEGABYTE + 1),
    ),
    status: 413,
  },
  {
    name: 'a body of small chunks that is too large',
    bytes: request(
      'POST /checked HTTP/1.1',
      ['Content-Type: application/json', CHUNKED],
      chunk(16).repeat(MEGABYTE / 16 + 1),
    ),
    status: 413,
  },
  {
    name: 'a body that is too large and waited to be asked for',
    bytes: request('POST /public/x HTTP/1.1', ['Expect: 100-continue', `Content-Length: ${2 * MEGABYTE}`]),
    status: 413,
  },
  {
    name: 'a body for somebody who proves nothing, waiting to be asked for',
    bytes: request('POST /admin/x HTTP/1.1', ['Expect: 100-continue', 'Content-Length: 1000']),
    status: 401,
  },
  {
    name: 'a body that unpacks to a hundred megabytes, for GraphQL',
    bytes: json('POST /graphql HTTP/1.1', BOMB, ['Content-Encoding: gzip']),
    status: 415,
  },
  {
    name: 'a body that unpacks to very much, where the gateway reads it',
    bytes: json('POST /checked HTTP/1.1', BOMB, ['Content-Encoding: gzip']),
    status: 415,
  },
  {
    name: 'a body that does not fit its schema',
    bytes: json('POST /checked HTTP/1.1', '{"name": 12}'),
    status: 400,
  },
  {
    name: 'a body nested a hundred thousand times',
    bytes: json('POST /checked HTTP/1.1', '['.repeat(100_000) + ']'.repeat(100_000)),
    status: 400,
  },
  {
    name: 'a body with __proto__ in it',
    bytes: json('POST /checked HTTP/1.1', '{"__proto__": {"name": "somebody"}}'),
    status: 400,
  },
  {
    name: 'two thousand requests in a row on one connection',
    bytes: Buffer.concat([
      ...Array.from({ length: 2000 }, () => keeping('GET /admin/x HTTP/1.1')),
      request('GET /admin/x HTTP/1.1'),
    ]),
    status: 401,
    answers: 2001,
  },
  { name: 'nothing', bytes: '', status: 408, slow: true },
  { name: 'half a request line', bytes: 'GET /pub', status: 408, slow: true },
  { name: 'a request line that grows slowly', bytes: 'GET /public/', trickle: 'x', status: 408, slow: true },
  { name: 'half a head', bytes: `GET /public/x HTTP/1.1\r\n${HOST}\r\nX: y`, status: 408, slow: true },
  {
    name: 'headers that never end',
    bytes: `GET /public/x HTTP/1.1\r\n${HOST}\r\n`,
    trickle: 'X: y\r\n',
    status: 408,
    slow: true,
  },
  { name: 'empty lines that never end', bytes: '\r\n', trickle: '\r\n', status: 408, slow: true },
  {
    name: 'a body that stops',
    bytes: keeping(
      'POST /graphql HTTP/1.1',
      ['Content-Type: application/json', 'Content-Length: 1000'],
      '{"query":',
    ),
    status: 408,
    slow: true,
  },
  {
    name: 'a body that grows slowly',
    bytes: keeping(
      'POST /graphql HTTP/1.1',
      ['Content-Type: application/json', 'Content-Length: 100000'],
      '{"query":',
    ),
    trickle: ' ',
    status: 408,
    slow: true,
  },
  {
    name: 'chunks that never end',
    bytes: keeping('POST /checked HTTP/1.1', ['Content-Type: application/json', CHUNKED]),
    trickle: '1\r\nx\r\n',
    status: 408,
    slow: true,
  },
  {
    name: 'a chunk extension that never ends',
    bytes: keeping('POST /checked HTTP/1.1', ['Content-Type: application/json', CHUNKED], '1;'),
    trickle: 'x',
    status: 408,
    slow: true,
  },
  {
    name: 'trailers that never end',
    bytes: keeping('POST /checked HTTP/1.1', ['Content-Type: application/json', CHUNKED], '0\r\n'),
    trickle: 'a: b\r\n',
    status: 408,
    slow: true,
  },
  {
    name: 'a body that goes on behind a refusal',
    bytes: keeping('POST /admin/x HTTP/1.1', ['Content-Length: 10000']),
    trickle: 'x',
    status: 401,
    slow: true,
  },
];
