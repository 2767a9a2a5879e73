import { afterEach, describe, expect, it } from 'vitest';
import type { HeaderKey } from '../../src/guard/header-key.ts';
import { keyExpired, keyInvalid, tokenExpired, tokenInvalid } from '../../src/identity/rejection.ts';
import { createVerifyServiceKey } from '../../src/identity/service-key.ts';
import type { Principal } from '../../src/kernel/principal.ts';
import { StorageUnavailableError } from '../../src/storage/storage-unavailable.ts';
import { type GuardedServer, startGuardedServer } from '../support/guarded-server.ts';
import { askRaw, type RawAnswer } from '../support/raw-http.ts';

const INTERNAL = 'internal-key-0123456789';

function caller(via: Principal['via'], id: string): Principal {
  return { via, id, name: undefined, roles: ['editor', 'reader'], scopes: ['read', 'list'], claims: {} };
}

async function bearer(token: string): Promise<Principal> {
  if (token === 'good') return caller('jwt', 'ann');
  throw token === 'old' ? tokenExpired() : tokenInvalid();
}

const apiKey: HeaderKey = {
  header: 'X-API-Key',
  verify(key) {
    if (key === 'good') return caller('api-key', 'bob');
    if (key === 'slow') return Promise.resolve(caller('api-key', 'bob'));
    if (key === 'away') return Promise.reject(new StorageUnavailableError('Service unavailable'));
    throw key === 'old' ? keyExpired() : keyInvalid();
  },
};

const serviceKey: HeaderKey = {
  header: 'X-Internal-Service-Key',
  verify: createVerifyServiceKey([INTERNAL]),
};

type Auth = 'required' | 'optional' | 'none' | 'service';
const ALL = { verify: bearer, apiKey, serviceKey };

let server: GuardedServer;
afterEach(() => server.close());

async function start(auth: Auth, ways: object = ALL, more: object = {}): Promise<void> {
  server = await startGuardedServer({
    entry: { auth, ...more },
    server: { errors: { format: 'error' } },
    ...ways,
  });
}

function ask(...lines: string[]): Promise<RawAnswer> {
  return askRaw(
    server.port,
    ['GET / HTTP/1.1', 'Host: a', 'Connection: close', ...lines, '', ''].join('\r\n'),
  );
}

const key = (value: string) => `X-API-Key: ${value}`;
const token = (value: string) => `Authorization: Bearer ${value}`;
const internal = (value = INTERNAL) => `X-Internal-Service-Key: ${value}`;

/** Status and, for 200, who reached the door; for others what the answer says. */
async function outcome(lines: readonly string[]): Promise<string> {
  server.seen.length = 0;
  const { status, body } = await ask(...lines);
  if (status !== 200) {
    expect(server.seen).toEqual([]);
    return `${status} ${(JSON.parse(body) as { error: string }).error}`;
  }
  return `200 ${server.seen[0]?.scope.principal?.id ?? 'nobody'}`;
}

describe('one caller, whichever way it was proved', () => {
  const everywhere: [lines: string[], outcome: string][] = [
    [[token('good')], '200 ann'],
    [[key('good')], '200 bob'],
    [[key('slow')], '200 bob'],
    [[internal()], '200 service-key-1'],
    [[key('bad')], '401 Invalid token'],
    [[key('old')], '401 Token expired'],
    [[key('')], '401 Invalid token'],
    [[key('away')], '503 Service unavailable'],
    [[internal('bad')], '401 Invalid token'],
    [[internal('')], '401 Invalid token'],
    [[internal(INTERNAL.toUpperCase())], '401 Invalid token'],
    [[internal(`${INTERNAL}x`)], '401 Invalid token'],
    [[internal(INTERNAL.slice(0, -1))], '401 Invalid token'],
    // Two callers at once.
    [[token('good'), key('good')], '400 Malformed request: a bearer token and X-API-Key; send one of them'],
    [[token('bad'), key('bad')], '400 Malformed request: a bearer token and X-API-Key; send one of them'],
    [[key('good'), key('good')], '400 Malformed request: more than one x-api-key header'],
    [[key('good'), 'x-api-key: bad'], '400 Malformed request: more than one x-api-key header'],
    [[internal(), internal()], '400 Malformed request: more than one x-internal-service-key header'],
    [[internal(), internal('bad')], '400 Malformed request: more than one x-internal-service-key header'],
    // A service on behalf of a user: what it may is what the user may.
    [[internal(), token('good')], '200 ann'],
    [[internal(), key('good')], '200 bob'],
    [[internal(), token('old')], '401 Token expired'],
    [[internal('bad'), token('good')], '401 Invalid token'],
    // Another spelling is another header.
    [[key('good'), 'X_API_Key: bad'], '200 bob'],
    // Other schemes are nobody's business here.
    [['Authorization: Basic eDp5', key('good')], '200 bob'],
  ];
  const aliases = [
    'X_API_Key: good',
    'X-API_Key: good',
    'XAPIKey: good',
    'X-Api-Key-: good',
    'X-API-Key.: good',
  ];

  it.each(everywhere)('where one is needed, %j gets %s', async (lines, expected) => {
    await start('required');
    expect(await outcome(lines)).toBe(expected);
  });

  it.each(everywhere)('where none is needed, %j gets %s', async (lines, expected) => {
    await start('optional');
    expect(await outcome(lines)).toBe(expected);
  });

  it.each(aliases)('takes no other header for a key: %s', async (line) => {
    await start('required');
    expect(await outcome([line])).toBe('401 Authentication required');
    await server.close();
    await start('optional');
    expect(await outcome([line])).toBe('200 nobody');
  });

  it.each([...everywhere.map(([lines]) => lines), ['X_API_Key: good']])(
    'looks at nothing where nobody is asked: %s',
    async (...lines) => {
      await start('none');
      expect(await outcome(lines.flat())).toBe('200 nobody');
    },
  );

  it.each<[lines: string[], outcome: string]>([
    [[internal()], '200 service-key-1'],
    [[internal(), token('bad')], '200 service-key-1'],
    [[internal(), key('bad'), key('twice')], '200 service-key-1'],
    [[], '401 Authentication required'],
    [[token('good')], '401 Authentication required'],
    [[key('good')], '401 Authentication required'],
    [[key(INTERNAL)], '401 Authentication required'],
    [[token(INTERNAL)], '401 Authentication required'],
    [['X_Internal_Service_Key: internal-key-0123456789'], '401 Authentication required'],
    [[internal('bad'), token('good')], '401 Invalid token'],
    [[internal(), internal()], '400 Malformed request: more than one x-internal-service-key header'],
  ])('where internal callers are wanted, %j gets %s', async (lines, expected) => {
    await start('service');
    expect(await outcome(lines)).toBe(expected);
  });

  it.each<[name: string, ways: object, line: string]>([
    ['keys', { verify: bearer, serviceKey }, key('bad')],
    ['tokens', { apiKey, serviceKey }, token('bad')],
    ['internal keys', { verify: bearer, apiKey }, internal('bad')],
  ])('leaves %s alone that are not configured', async (_name, ways, line) => {
    await start('optional', ways);
    expect(await outcome([line])).toBe('200 nobody');
  });
});

describe('the ways named in WWW-Authenticate', () => {
  const BEARER = 'Bearer realm="portico"';
  const API_KEY = 'ApiKey realm="portico", header="X-API-Key"';
  const SERVICE_KEY = 'ServiceKey realm="portico", header="X-Internal-Service-Key"';
  const failed = (text: string) => `${BEARER}, error="invalid_token", error_description="${text}"`;

  it.each<[name: string, ways: object, auth: Auth, lines: string[], expected: string]>([
    ['all, but the internal one', ALL, 'required', [], `${BEARER}, ${API_KEY}`],
    ['the internal one alone where that is wanted', ALL, 'service', [], SERVICE_KEY],
    ['the internal one alone for a bad one', ALL, 'service', [internal('bad')], SERVICE_KEY],
    ['the only one there is', { apiKey }, 'required', [], API_KEY],
    ['the only one there is', { serviceKey }, 'required', [], SERVICE_KEY],
    ['the only one there is', { verify: bearer }, 'required', [], BEARER],
    ['what is wrong with a token', ALL, 'required', [token('old')], `${failed('Token expired')}, ${API_KEY}`],
    ['what is wrong with a token', { verify: bearer }, 'optional', [token('bad')], failed('Invalid token')],
    ['all for a bad key', ALL, 'optional', [key('bad')], `${BEARER}, ${API_KEY}`],
    ['all for a bad internal key', ALL, 'required', [internal('bad')], `${BEARER}, ${API_KEY}`],
  ])('%s: %j, auth %s, %j', async (_name, ways, auth, lines, expected) => {
    await start(auth, ways);
    const { status, headers } = await ask(...lines);
    expect([status, headers['www-authenticate']]).toEqual([401, expected]);
  });

  it('says nothing of it where it is no fault of the caller', async () => {
    await start('required');
    const { status, headers } = await ask(key('away'));
    expect(status).toBe(503);
    expect(headers['www-authenticate']).toBeUndefined();
    expect(headers['retry-after']).toBe('2');
  });
});

describe.each<[name: string, line: string, hasRights: boolean]>([
  ['a token', token('good'), true],
  ['an API key', key('good'), true],
  ['an internal key', internal(), false],
])('roles and scopes of %s', (_name, line, hasRights) => {
  it.each<[roles: string[], scopes: string[], allowed: boolean]>([
    [['editor'], [], true],
    [['admin', 'reader'], [], true],
    [['admin', 'owner'], [], false],
    [['Editor'], [], false],
    [['editor,reader'], [], false],
    [[], ['list'], true],
    [[], ['write', 'read'], true],
    [[], ['write'], false],
    [['editor'], ['read'], true],
    [['editor'], ['write'], false],
    [['admin'], ['read'], false],
  ])('any of %j and any of %j: %s', async (roles, scopes, allowed) => {
    await start('required', ALL, { roles, scopes });
    const { status, headers } = await ask(line);
    expect(status).toBe(allowed && hasRights ? 200 : 403);
    // What RFC 6750 says of a token's scopes is nothing to who has sent none.
    if (!line.startsWith('Authorization')) expect(headers['www-authenticate']).toBeUndefined();
  });
});
