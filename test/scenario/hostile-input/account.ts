import { type HostileInput, json, request } from './hostile-input.ts';

const LOGIN = 'POST /auth/login HTTP/1.1';
const REFRESH = 'POST /auth/refresh HTTP/1.1';

/** Refused, and after some tries not even looked at. */
const GUESS = [401, 429];

function wrong(
  name: string,
  line: string,
  body: string | object,
  status: HostileInput['status'],
): HostileInput {
  return { name, bytes: json(line, body), status };
}

/** Ways into accounts that are none. */
export const account: readonly HostileInput[] = [
  wrong('a login of nobody', LOGIN, { username: 'nobody', password: 'a password, and wrong' }, GUESS),
  wrong('a login with SQL', LOGIN, { username: "' OR '1'='1' --", password: "' OR '1'='1' --" }, GUESS),
  wrong('a login with operators', LOGIN, { username: { $ne: null }, password: { $ne: null } }, 400),
  wrong('a login with lists', LOGIN, { username: ['admin'], password: ['x'] }, 400),
  wrong('a login with __proto__', LOGIN, '{"__proto__":{"username":"admin","password":"x"}}', 400),
  wrong(
    'a login with a password of 500 kB',
    LOGIN,
    { username: 'admin', password: 'x'.repeat(500_000) },
    413,
  ),
  wrong('a login with a NUL', LOGIN, { username: 'admin\u0000', password: 'a password, and wrong' }, GUESS),
  wrong('a login without a password', LOGIN, { username: 'admin' }, 400),
  wrong('a login that is no JSON', LOGIN, '{"username":', 400),
  wrong('a login nested 100,000 times', LOGIN, '['.repeat(100_000), 413),
  {
    name: 'a login by GET',
    bytes: request('GET /auth/login?username=admin&password=x HTTP/1.1'),
    status: 405,
  },
  {
    name: 'a login by a form',
    bytes: request(
      LOGIN,
      ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 25'],
      'username=admin&password=x',
    ),
    status: GUESS,
  },
  wrong(
    'a registration where nobody may register',
    'POST /auth/register HTTP/1.1',
    { username: 'mallory', password: 'a password of some length', roles: ['admin'] },
    404,
  ),
  wrong('a refresh with nothing', REFRESH, {}, 400),
  wrong('a refresh with junk', REFRESH, { refresh_token: 'junk' }, 401),
  wrong('a refresh with an object', REFRESH, { refresh_token: { $ne: null } }, 400),
  wrong('a refresh with 100 kB', REFRESH, { refresh_token: 'x'.repeat(100_000) }, 413),
  {
    name: 'a logout of nobody',
    bytes: request('POST /auth/logout HTTP/1.1', ['Content-Length: 0']),
    status: 401,
  },
];
