import { type HostileInput, json, request } from './hostile-input.ts';

/** The answer allows no origin, and says that it depends on it. */
const allowsNobody: NonNullable<HostileInput['check']> = ({ headers }) => {
  const allowed = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
  if (allowed.length > 0) throw new Error(`it says ${allowed.join(', ')}`);
  if (!headers.vary?.split(', ').includes('Origin')) throw new Error('it does not vary by Origin');
};

/** Origins that are none of `https://app.test` and `https://*.wild.test`. */
const STRANGERS = [
  'null',
  '*',
  'https://evil.test',
  'http://app.test',
  'https://app.test:8443',
  'https://app.test:443',
  'https://app.test.evil.test',
  'https://evilapp.test',
  'https://evil-app.test',
  'https://app.test.',
  'https://APP.TEST',
  'https://app.test/',
  'https://app.test@evil.test',
  'https://evil.test#https://app.test',
  'https://app.test%00.evil.test',
  'https://app.test, https://evil.test',
  'https://app.test https://evil.test',
  'https://wild.test',
  'https://evilwild.test',
  'https://.wild.test',
  'https://a..wild.test',
  'https://evil.test/.wild.test',
  'https://evil.test?.wild.test',
  'https://a.wild.test:1',
  'file://',
  'data:text/html,x',
];

/** Tricks with origins (Fetch standard, CORS protocol). */
export const cors: readonly HostileInput[] = [
  ...STRANGERS.flatMap((origin, i): HostileInput[] => [
    {
      name: `Origin: ${origin}`,
      bytes: request(`GET /public/cors${i} HTTP/1.1`, [`Origin: ${origin}`]),
      status: 200,
      calls: [`/public/cors${i}`],
      check: allowsNobody,
    },
    {
      name: `a preflight from ${origin}`,
      bytes: request('OPTIONS /admin/x HTTP/1.1', [
        `Origin: ${origin}`,
        'Access-Control-Request-Method: DELETE',
      ]),
      status: 204,
      check: allowsNobody,
    },
  ]),
  {
    name: 'two origins, one of them allowed',
    bytes: request('GET /public/cors-two HTTP/1.1', [
      'Origin: https://app.test',
      'Origin: https://evil.test',
    ]),
    status: 200,
    calls: ['/public/cors-two'],
    check: allowsNobody,
  },
  {
    name: 'a preflight that asks for odd things',
    bytes: request('OPTIONS /admin/x HTTP/1.1', [
      'Origin: https://app.test',
      'Access-Control-Request-Method: DELETE, GET',
      'Access-Control-Request-Headers: x-a, (x), "y"',
    ]),
    status: 204,
    check: ({ headers }) => {
      if (headers['access-control-allow-headers'] !== undefined) throw new Error('it gives junk back');
    },
  },
  {
    name: 'a preflight that asks for very much',
    bytes: request('OPTIONS /admin/x HTTP/1.1', [
      'Origin: https://app.test',
      'Access-Control-Request-Method: DELETE',
      `Access-Control-Request-Headers: ${Array.from({ length: 2000 }, (_, i) => `x${i}`).join(',')}`,
    ]),
    status: 204,
  },
  {
    name: 'a preflight with a body and another request in it',
    bytes: json('OPTIONS /admin/x HTTP/1.1', 'GET /public/in-preflight HTTP/1.1\r\nHost: api.test\r\n\r\n', [
      'Origin: https://app.test',
      'Access-Control-Request-Method: DELETE',
    ]),
    status: 204,
  },
  {
    name: 'an OPTIONS without an origin, which is no preflight',
    bytes: request('OPTIONS /admin/x HTTP/1.1', ['Access-Control-Request-Method: DELETE']),
    status: 401,
  },
  {
    name: 'a DELETE that says it is a preflight',
    bytes: request('DELETE /admin/x HTTP/1.1', [
      'Origin: https://app.test',
      'Access-Control-Request-Method: DELETE',
    ]),
    status: 401,
  },
  {
    name: 'a preflight to an unlisted host',
    bytes: request('OPTIONS /admin/x HTTP/1.1', [
      'Host: evil.test',
      'Origin: https://app.test',
      'Access-Control-Request-Method: DELETE',
    ]),
    status: 421,
  },
];
