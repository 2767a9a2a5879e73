import { type HostileInput, type Means, request, type SeenCall } from './hostile-input.ts';

/** Values that must never be seen behind the gateway. */
const FORGED = 'forged';

/** No header that the service sees holds it. */
function notPassedOn(_answer: unknown, seen: SeenCall | undefined): void {
  if (seen === undefined) throw new Error('the service saw nothing');
  const found = seen.rawHeaders.find((text) => text.includes(FORGED));
  if (found !== undefined) throw new Error(`the service saw ${found}`);
}

function stripped(
  name: string,
  path: string,
  headers: readonly string[],
  more?: HostileInput['check'],
): HostileInput {
  return {
    name,
    bytes: request(`GET ${path} HTTP/1.1`, headers),
    status: 200,
    calls: [path],
    check: (answer, seen) => {
      notPassedOn(answer, seen);
      more?.(answer, seen);
    },
  };
}

function expectHeader(seen: SeenCall | undefined, name: string, value: string): void {
  const given = seen?.headers[name];
  if (given !== value) throw new Error(`the service saw ${name}: ${given}, not ${value}`);
}

/** Names that services read as one of the gateway's own, and ways to have its own dropped. */
export function headers({ userToken }: Means): HostileInput[] {
  const bearer = `Authorization: Bearer ${userToken}`;
  return [
    stripped('an identity', '/public/h1', [`X-User-ID: ${FORGED}`, `X-Username: ${FORGED}`]),
    stripped('an identity in another case', '/public/h2', [`x-USER-id: ${FORGED}`]),
    stripped('an identity with underscores', '/public/h3', [`X_User_ID: ${FORGED}`, `x_username: ${FORGED}`]),
    stripped('an identity with other signs', '/public/h4', [
      `X.User.ID: ${FORGED}`,
      `X!User'ID: ${FORGED}`,
      `X-User_ID: ${FORGED}`,
    ]),
    stripped('an identity twice', '/public/h5', [`X-User-ID: ${FORGED}`, `X-User-ID: ${FORGED}2`]),
    stripped(
      'an identity beside a real one',
      '/users/h6',
      [bearer, `X-User-ID: ${FORGED}`, `X_User_Id: ${FORGED}`],
      (_, seen) => expectHeader(seen, 'x-user-id', 'somebody'),
    ),
    stripped(
      'Connection that names the identity',
      '/users/h7',
      [bearer, 'Connection: close, X-User-ID, X-Username'],
      (_, seen) => expectHeader(seen, 'x-user-id', 'somebody'),
    ),
    stripped(
      'Connection that names what the gateway adds',
      '/public/h8',
      ['Connection: X-Request-ID, traceparent, X-Forwarded-For, Via, Host, close'],
      (_, seen) => {
        for (const name of ['x-request-id', 'traceparent', 'x-forwarded-for', 'via', 'host'])
          if (seen?.headers[name] === undefined) throw new Error(`${name} was dropped`);
      },
    ),
    stripped('Connection that names the length', '/public/h9', [
      'Connection: Content-Length, Transfer-Encoding, close',
    ]),
    stripped(
      'X-Forwarded-For',
      '/public/h10',
      [`X-Forwarded-For: ${FORGED}, 10.0.0.1`, `X_Forwarded_For: ${FORGED}`],
      (_, seen) => expectHeader(seen, 'x-forwarded-for', '127.0.0.1'),
    ),
    stripped(
      'X-Forwarded-Host and -Proto',
      '/public/h11',
      [
        `X-Forwarded-Host: ${FORGED}`,
        `X-Forwarded-Proto: ${FORGED}`,
        `X-Forwarded-Port: ${FORGED}`,
        `X-Forwarded-Prefix: ${FORGED}`,
      ],
      (_, seen) => {
        expectHeader(seen, 'x-forwarded-host', 'api.test');
        expectHeader(seen, 'x-forwarded-proto', 'http');
      },
    ),
    stripped('Forwarded', '/public/h12', [
      `Forwarded: for=${FORGED};host=${FORGED};proto=https`,
      `X-Real-IP: ${FORGED}`,
    ]),
    stripped('Forwarded with a quote left open', '/public/h13', [
      `Forwarded: for=${FORGED};x="`,
      `Forwarded: for="${FORGED}`,
    ]),
    stripped('a request id with junk', '/public/h14', [`X-Request-ID: ${FORGED} {"level":60}`], (answer) => {
      if (answer.headers['x-request-id']?.includes(FORGED)) throw new Error('the junk came back');
    }),
    stripped('a request id that is long', '/public/h15', [`X-Request-ID: ${FORGED.repeat(30)}`]),
    stripped('two trace parents', '/public/h16', [
      `traceparent: ${FORGED}`,
      'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ]),
    stripped('hop-by-hop headers', '/public/h17', [
      `Keep-Alive: ${FORGED}`,
      `Proxy-Authorization: Basic ${FORGED}`,
      `TE: ${FORGED}`,
      `Trailer: ${FORGED}`,
      `Proxy-Connection: ${FORGED}`,
    ]),
    stripped('keys of the gateway', '/public/h18', [
      `X-API-Key: ${FORGED}`,
      `X-Internal-Service-Key: ${FORGED}`,
      `X_Internal_Service_Key: ${FORGED}`,
    ]),
    {
      name: 'the internal key, wrong',
      bytes: request('GET /internal/x HTTP/1.1', ['X-Internal-Service-Key: wrong']),
      status: 401,
    },
    {
      name: 'the internal key, empty',
      bytes: request('GET /internal/x HTTP/1.1', ['X-Internal-Service-Key:']),
      status: 401,
    },
    {
      name: 'the internal key with underscores',
      bytes: request('GET /internal/x HTTP/1.1', [
        'X_Internal_Service_Key: the key of tests, for nothing else',
      ]),
      status: 401,
    },
    {
      name: 'the internal key twice, once right',
      bytes: request('GET /internal/x HTTP/1.1', [
        'X-Internal-Service-Key: wrong',
        'X-Internal-Service-Key: the key of tests, for nothing else',
      ]),
      status: 400,
    },
    {
      name: 'a user where a service is asked for',
      bytes: request('GET /internal/x HTTP/1.1', [bearer]),
      status: 401,
    },
    {
      name: 'an API key that nobody made',
      bytes: request('GET /users/x HTTP/1.1', [
        'X-API-Key: pk_0123456789_0123456789012345678901234567890123456789',
      ]),
      status: 401,
    },
    {
      name: 'an API key that is SQL',
      bytes: request('GET /users/x HTTP/1.1', ["X-API-Key: ' OR 1=1 --"]),
      status: 401,
    },
    {
      name: 'an API key that is long',
      bytes: request('GET /users/x HTTP/1.1', [`X-API-Key: ${'k'.repeat(12_000)}`]),
      status: 401,
    },
  ];
}
