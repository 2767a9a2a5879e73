import { createHmac } from 'node:crypto';
import { forgeToken, makeKeys, mintToken, TEST_SECRET } from '../../support/token.ts';
import { type HostileInput, type Means, request } from './hostile-input.ts';

const ISSUER = 'https://id.test';
const AUDIENCE = 'portico';
const HOUR = 3600;
/** What a token for an admin would hold. */
const claims = { sub: 'mallory', roles: ['admin'], iss: ISSUER, aud: AUDIENCE };

function withTime(more: object = {}): object {
  const now = Math.floor(Date.now() / 1000);
  return { ...claims, iat: now, exp: now + HOUR, ...more };
}

/** Claims whose roles are only in their prototype, for who copies them. */
function withPrototype(): object {
  return JSON.parse(
    `{"__proto__":{"roles":["admin"]},"sub":"x","iss":"${ISSUER}","aud":"${AUDIENCE}"}`,
  ) as object;
}

/** A token with this header that is signed with the secret, or another key, by HMAC. */
function signed(header: object, payload: object, key = TEST_SECRET, hash = 'sha256'): string {
  const unsigned = forgeToken(header, payload).slice(0, -1);
  return `${unsigned}.${createHmac(hash, key).update(unsigned).digest('base64url')}`;
}

function forged(name: string, token: string): HostileInput {
  const authorization = `Authorization: Bearer ${token}`;
  return { name, bytes: request('GET /admin/x HTTP/1.1', [authorization]), status: 401 };
}

/** Tokens that must open nothing (RFC 8725), each for a route that is for admins. */
export async function tokens({ adminToken, publicPem }: Means): Promise<HostileInput[]> {
  const [head = '', payload = '', signature = ''] = adminToken.split('.');
  const stranger = makeKeys('rsa');
  const hs = { alg: 'HS256', typ: 'JWT' };
  const tamper = (change: object) =>
    `${head}.${Buffer.from(JSON.stringify(withTime(change))).toString('base64url')}.${signature}`;
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg) =>
      forged(`alg "${alg}"`, forgeToken({ alg, typ: 'JWT' }, withTime())),
    ),
    forged('alg none with a signature', forgeToken({ alg: 'none' }, withTime(), signature)),
    forged('alg null', forgeToken({ alg: null }, withTime(), signature)),
    forged('no alg', forgeToken({ typ: 'JWT' }, withTime(), signature)),
    forged('alg in a list', forgeToken({ alg: ['HS256'] }, withTime(), signature)),
    forged('HS256 with the public key as its secret', signed(hs, withTime(), publicPem)),
    forged(
      'HS256 with the public key without line breaks',
      signed(hs, withTime(), publicPem.replaceAll('\n', '')),
    ),
    forged('HS256 with an empty secret', signed(hs, withTime(), '')),
    forged('HS256 with a common secret', signed(hs, withTime(), 'secret')),
    forged('HS384 where HS256 is asked for', signed({ alg: 'HS384' }, withTime(), TEST_SECRET, 'sha384')),
    forged('HS512 that says HS256', signed(hs, withTime(), TEST_SECRET, 'sha512')),
    forged(
      'RS256 by a stranger',
      await mintToken(withTime() as never, { key: stranger.privateKey, alg: 'RS256' }),
    ),
    forged(
      'RS256 by a stranger, with its key in the header',
      await mintToken(withTime() as never, {
        key: stranger.privateKey,
        alg: 'RS256',
        header: { jwk: stranger.jwk },
      }),
    ),
    forged(
      'RS256 by a stranger, with the address of its keys',
      await mintToken(withTime() as never, {
        key: stranger.privateKey,
        alg: 'RS256',
        header: { jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/cert', kid: '1' },
      }),
    ),
    forged(
      'RS256 by a stranger, with its certificate',
      await mintToken(withTime() as never, {
        key: stranger.privateKey,
        alg: 'RS256',
        header: { x5c: ['MIIB'] },
      }),
    ),
    forged(
      'PS256 where RS256 is asked for',
      await mintToken(withTime() as never, { key: stranger.privateKey, alg: 'PS256' }),
    ),
    forged('no signature', `${head}.${payload}.`),
    forged('no signature and no dot', `${head}.${payload}`),
    forged('half a signature', adminToken.slice(0, -20)),
    forged(
      'a signature with its last character changed',
      `${adminToken.slice(0, -2)}${adminToken.at(-2) === 'A' ? 'B' : 'A'}${adminToken.at(-1)}`,
    ),
    forged('a signature of zeros', `${head}.${payload}.${Buffer.alloc(32).toString('base64url')}`),
    forged('other claims under a good signature', tamper({ sub: 'somebody-else' })),
    forged(
      'a header under a good signature of another',
      `${Buffer.from('{"alg":"HS256","x":1}').toString('base64url')}.${payload}.${signature}`,
    ),
    forged('padding', `${head}=.${payload}==.${signature}`),
    forged('four parts', `${adminToken}.${signature}`),
    forged('five parts, as encrypted ones have', `${head}..${payload}..${signature}`),
    forged('no parts', '....'),
    forged('expired', signed(hs, withTime({ exp: Math.floor(Date.now() / 1000) - HOUR }))),
    forged('expired in 1970', signed(hs, withTime({ exp: 0 }))),
    forged('a time that is text', signed(hs, withTime({ exp: '9999999999' }))),
    forged('not valid yet', signed(hs, withTime({ nbf: Math.floor(Date.now() / 1000) + HOUR }))),
    forged('another issuer', signed(hs, withTime({ iss: 'https://evil.test' }))),
    forged('no issuer', signed(hs, withTime({ iss: undefined }))),
    forged('issuers in a list', signed(hs, withTime({ iss: [ISSUER] }))),
    forged('another audience', signed(hs, withTime({ aud: 'another' }))),
    forged('no audience', signed(hs, withTime({ aud: undefined }))),
    forged('an audience that begins like it', signed(hs, withTime({ aud: 'portico.evil.test' }))),
    forged('nobody', signed(hs, withTime({ sub: undefined }))),
    forged('an id that is an object', signed(hs, withTime({ sub: { $ne: null } }))),
    forged('kid with a path', signed({ ...hs, kid: '../../../../dev/null' }, withTime(), '')),
    forged('kid with SQL', signed({ ...hs, kid: "x' UNION SELECT 'secret' --" }, withTime(), 'secret')),
    forged('kid with a command', signed({ ...hs, kid: '|/bin/sh' }, withTime(), '')),
    forged('kid that is an object', signed({ ...hs, kid: { a: 1 } }, withTime(), '')),
    forged('kid of a thousand characters', signed({ ...hs, kid: 'k'.repeat(1000) }, withTime())),
    forged('crit that nobody knows', signed({ ...hs, crit: ['x-unknown'], 'x-unknown': 1 }, withTime())),
    forged('crit b64: false', signed({ ...hs, crit: ['b64'], b64: false }, withTime())),
    forged('crit that is empty', signed({ ...hs, crit: [] }, withTime())),
    forged('a payload that is no JSON', `${head}.${Buffer.from('{').toString('base64url')}.${signature}`),
    forged('a payload that is a list', signed(hs, [1, 2])),
    forged(
      'a payload that is nested ten thousand times',
      `${head}.${Buffer.from('['.repeat(6000)).toString('base64url')}.${signature}`,
    ),
    forged(
      'a header that is no object',
      `${Buffer.from('"HS256"').toString('base64url')}.${payload}.${signature}`,
    ),
    forged('a token of twelve thousand characters', `${head}.${'A'.repeat(12_000)}.${signature}`),
    forged('characters that are no base64url', `${head}.${payload}!.${signature}`),
    forged('spaces in it', `${head} . ${payload} . ${signature}`),
    forged('nothing', ''),
    {
      name: '__proto__ in the claims',
      bytes: request('GET /admin/x HTTP/1.1', [`Authorization: Bearer ${signed(hs, withPrototype())}`]),
      status: 403,
    },
    {
      name: 'a line break in the id of somebody who is known',
      bytes: request('GET /admin/line-break HTTP/1.1', [
        `Authorization: Bearer ${signed(hs, withTime({ sub: 'a\r\nX-Admin: 1' }))}`,
      ]),
      status: 200,
      calls: ['/admin/line-break'],
      check: (_answer, seen) => {
        if (seen?.headers['x-user-id'] !== 'a%0D%0AX-Admin: 1')
          throw new Error('the id came through as it was');
      },
    },
    {
      name: 'two tokens',
      bytes: request('GET /admin/x HTTP/1.1', [
        `Authorization: Bearer ${adminToken}`,
        'Authorization: Bearer x',
      ]),
      status: 400,
    },
    {
      name: 'two tokens in one line',
      bytes: request('GET /admin/x HTTP/1.1', [`Authorization: Bearer ${adminToken}, Bearer x`]),
      status: 401,
    },
    {
      name: 'a good token under Basic',
      bytes: request('GET /admin/x HTTP/1.1', [`Authorization: Basic ${adminToken}`]),
      status: 401,
    },
    {
      name: 'a good token without a scheme',
      bytes: request('GET /admin/x HTTP/1.1', [`Authorization: ${adminToken}`]),
      status: 401,
    },
    {
      name: 'a good token in the query',
      bytes: request(`GET /admin/x?access_token=${adminToken} HTTP/1.1`),
      status: 401,
    },
    {
      name: 'a good token in a cookie',
      bytes: request('GET /admin/x HTTP/1.1', [`Cookie: token=${adminToken}; Authorization=${adminToken}`]),
      status: 401,
    },
    {
      name: 'a good token in another header',
      bytes: request('GET /admin/x HTTP/1.1', [
        `X-Authorization: Bearer ${adminToken}`,
        `Proxy-Authorization: Bearer ${adminToken}`,
      ]),
      status: 401,
    },
    {
      name: 'a bad token where none is needed',
      bytes: request('GET /graphql?query={__typename} HTTP/1.1', ['Authorization: Bearer x']),
      status: 401,
    },
  ];
}
