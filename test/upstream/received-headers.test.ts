import { expect, it } from 'vitest';
import { receiveHeaders } from '../../src/upstream/received-headers.ts';

function received(...headers: string[]): string[] {
  return receiveHeaders(headers.map((text) => Buffer.from(text, 'latin1')));
}

it('takes the headers of the connection off an answer, and those that it names', () => {
  const headers = ['Connection', 'keep-alive, x-hop', 'X-Hop', '1', 'Transfer-Encoding', 'chunked'];
  expect(received(...headers, 'Set-Cookie', 'a', 'Set-Cookie', 'b')).toEqual([
    'Set-Cookie',
    'a',
    'Set-Cookie',
    'b',
  ]);
  expect(
    received('X-A', '1', 'X-B', '2', 'connection', 'X-B', 'CONNECTION', 'close,x-a', 'X-C', '3'),
  ).toEqual(['X-C', '3']);
});

it('keeps order, spelling and every byte', () => {
  expect(received('X-MiXed', 'caf\u00e9', 'x-mixed', '', 'ETag', '"1"')).toEqual([
    'X-MiXed',
    'caf\u00e9',
    'x-mixed',
    '',
    'ETag',
    '"1"',
  ]);
});

it('treats names alike however many it has seen', () => {
  for (let i = 0; i < 2000; i++) expect(received(`X-${i}`, '1', 'Keep-Alive', 'x')).toEqual([`X-${i}`, '1']);
});
