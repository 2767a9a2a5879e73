import { type HostileInput, request } from './hostile-input.ts';

function over(name: string, line: string, headers: readonly string[] = []): HostileInput {
  return { name, bytes: request(line, headers), status: 429 };
}

/** The address has had its one request of the hour: ways to be taken for another one. */
export const limits: readonly HostileInput[] = [
  over('once more', 'GET /limited/a HTTP/1.1'),
  over('another path', 'GET /limited/b?c HTTP/1.1'),
  over('another spelling', 'GET /%6Cimited/%61 HTTP/1.1'),
  over('another method', 'HEAD /limited/a HTTP/1.1'),
  over('a method that nobody knows', 'PROPFIND /limited/a HTTP/1.1'),
  over('the host in the target', 'GET http://API.TEST:80/limited/a HTTP/1.1'),
  over('X-Forwarded-For', 'GET /limited/a HTTP/1.1', ['X-Forwarded-For: 203.0.113.9']),
  over('X-Real-IP and others', 'GET /limited/a HTTP/1.1', [
    'X-Real-IP: 203.0.113.9',
    'True-Client-IP: 203.0.113.9',
    'CF-Connecting-IP: 203.0.113.9',
  ]),
  over('Forwarded', 'GET /limited/a HTTP/1.1', ['Forwarded: for=203.0.113.9']),
  over('a token that is none', 'GET /limited/a HTTP/1.1', ['Authorization: Bearer x', 'X-API-Key: x']),
  over('a page of an allowed origin', 'GET /limited/a HTTP/1.1', ['Origin: https://app.test']),
];
