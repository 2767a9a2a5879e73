import { createHmac, createSign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrustAnchorOptions } from '../../src/identity/trust-anchor.ts';
import { createVerifyToken, type VerifyToken } from '../../src/identity/verify-token.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type HttpService, hang, json, startHttpService, text } from '../support/http-service.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { forgeToken, makeKeys, mintToken, TEST_SECRET, type TokenOptions } from '../support/token.ts';

const claims = { id: 'sub', name: 'username', roles: 'roles', scopes: 'scope' };
const rsa = makeKeys('rsa');
const otherRsa = makeKeys('rsa');
const ec = makeKeys('ec');
const ed = makeKeys('ed25519');

let clock = new FakeClock();
const log = memoryLogger();
let services: HttpService[] = [];
afterEach(async () => {
  clock = new FakeClock();
  log.lines.length = 0;
  await Promise.all(services.map((service) => service.close()));
  services = [];
});

type Entry = Partial<TrustAnchorOptions>;

function verifier(entries: Entry | readonly Entry[], names: Partial<typeof claims> = {}): VerifyToken {
  return createVerifyToken({
    jwt: [entries].flat().map((entry) => ({ clockTolerance: 5000, ...entry }) as TrustAnchorOptions),
    claims: { ...claims, ...names },
    folder: '/nowhere',
    clock,
    logger: log.logger,
  });
}

function mint(payload: object = { sub: 'u1' }, options: TokenOptions = {}): Promise<string> {
  return mintToken({ ...payload }, { wall: clock.wall(), ...options });
}

async function service(behaviour: Parameters<typeof startHttpService>[0]): Promise<HttpService> {
  const started = await startHttpService(behaviour);
  services.push(started);
  return started;
}

const INVALID = { code: 'UNAUTHENTICATED', status: 401, message: 'Invalid token' };
const EXPIRED = { code: 'UNAUTHENTICATED', status: 401, message: 'Token expired' };

describe('a good token', () => {
  it.each<[alg: string, entry: Entry, options: TokenOptions]>([
    ['HS256', { secret: TEST_SECRET }, {}],
    ['HS512', { secret: TEST_SECRET }, { alg: 'HS512' }],
    ['RS256', { publicKey: rsa.pem }, { alg: 'RS256', key: rsa.privateKey }],
    ['PS384', { publicKey: rsa.pem }, { alg: 'PS384', key: rsa.privateKey }],
    ['ES256', { publicKey: ec.pem }, { alg: 'ES256', key: ec.privateKey }],
    ['EdDSA', { publicKey: ed.pem }, { alg: 'EdDSA', key: ed.privateKey }],
    [
      'RS256 with line ends written out',
      { publicKey: rsa.pem.replaceAll('\n', '\\n') },
      { alg: 'RS256', key: rsa.privateKey },
    ],
  ])('of %s', async (_alg, entry, options) => {
    expect(await verifier(entry)(await mint(undefined, options))).toMatchObject({ id: 'u1', via: 'jwt' });
  });

  it('is verified with a key from a file', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'portico-key-'));
    writeFileSync(path.join(folder, 'key.pem'), rsa.pem);
    const verify = createVerifyToken({
      jwt: [{ publicKey: 'key.pem', clockTolerance: 0 }],
      claims,
      folder,
      clock,
      logger: log.logger,
    });
    expect(await verify(await mint(undefined, { alg: 'RS256', key: rsa.privateKey }))).toMatchObject({
      id: 'u1',
    });
  });

  it('makes a principal of its claims', async () => {
    const token = await mint({
      sub: 'u1',
      username: 'Ada',
      roles: ['a', 'b'],
      scope: 'read  write',
      tenant: { id: 7 },
    });
    expect(await verifier({ secret: TEST_SECRET })(token)).toMatchObject({
      via: 'jwt',
      id: 'u1',
      name: 'Ada',
      roles: ['a', 'b'],
      scopes: ['read', 'write'],
      claims: { tenant: { id: 7 } },
    });
  });

  it('may have an audience list and be for one of several', async () => {
    const verify = verifier({ secret: TEST_SECRET, audience: ['api', 'app'] });
    expect(await verify(await mint({ sub: 'u1', aud: ['x', 'app'] }))).toMatchObject({ id: 'u1' });
  });

  it('is good a little beyond its time, as far as clocks may differ', async () => {
    const verify = verifier({ secret: TEST_SECRET });
    expect(await verify(await mint(undefined, { ttl: -4 }))).toMatchObject({ id: 'u1' });
    await expect(verify(await mint(undefined, { ttl: -5 }))).rejects.toMatchObject(EXPIRED);
  });
});

describe('claims', () => {
  it.each<[name: string, payload: object, names: Partial<typeof claims>, expected: object]>([
    [
      'a dotted path',
      { sub: 'u', realm_access: { roles: ['x'] } },
      { roles: 'realm_access.roles' },
      { roles: ['x'] },
    ],
    [
      'a name with dots',
      { sub: 'u', 'https://a.test/roles': ['x'] },
      { roles: 'https://a.test/roles' },
      { roles: ['x'] },
    ],
    ['commas', { sub: 'u', roles: 'x,y, z' }, {}, { roles: ['x', 'y', 'z'] }],
    ['a scope list', { sub: 'u', scp: ['r', 'w'] }, { scopes: 'scp' }, { scopes: ['r', 'w'] }],
    ['roles that are no text', { sub: 'u', roles: ['x', 1, null, { a: 1 }] }, {}, { roles: ['x'] }],
    ['roles of no kind', { sub: 'u', roles: { admin: true } }, {}, { roles: [] }],
    ['an id that is a number', { user_id: 42 }, { id: 'user_id' }, { id: '42' }],
    ['a path through what is no object', { sub: 'u', a: 'b' }, { roles: 'a.length' }, { roles: [] }],
    ['a path through what every object has', { sub: 'u' }, { name: 'constructor.name' }, { name: undefined }],
  ])('%s', async (_name, payload, names, expected) => {
    expect(await verifier({ secret: TEST_SECRET }, names)(await mint(payload))).toMatchObject(expected);
  });

  it.each([{}, { sub: '' }, { sub: null }, { sub: ['u'] }])(
    'that name nobody are refused: %j',
    async (payload) => {
      await expect(verifier({ secret: TEST_SECRET })(await mint(payload))).rejects.toMatchObject(INVALID);
    },
  );
});

/** Signs with HMAC by hand, which no library does with a public key. */
function signHmac(header: object, payload: object, key: string | Buffer, hash = 'sha256'): string {
  const unsigned = forgeToken(header, payload).slice(0, -1);
  return `${unsigned}.${createHmac(hash, key).update(unsigned).digest('base64url')}`;
}

describe('a forged token', () => {
  const now = () => Math.floor(clock.wall() / 1000);
  const good = () => ({ sub: 'u1', exp: now() + 3600 });
  const derOf = (pem: string) => Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
  const secret: Entry = { secret: TEST_SECRET };
  const publicKey: Entry = { publicKey: rsa.pem };

  const forgeries: [name: string, entry: Entry, make: () => string | Promise<string>][] = [
    ['alg none', secret, () => forgeToken({ alg: 'none' }, good())],
    ['alg None', secret, () => forgeToken({ alg: 'None' }, good())],
    ['alg NONE with a signature', secret, () => forgeToken({ alg: 'NONE' }, good(), 'AAAA')],
    ['alg none with a public key', publicKey, () => forgeToken({ alg: 'none' }, good())],
    ['no alg', secret, () => forgeToken({}, good(), 'AAAA')],
    ['an alg that is no text', secret, () => forgeToken({ alg: ['HS256'] }, good(), 'AAAA')],
    ['no signature', secret, () => forgeToken({ alg: 'HS256' }, good())],
    ['another secret', secret, () => mint(undefined, { key: 'x'.repeat(40) })],
    ['an empty secret', secret, () => signHmac({ alg: 'HS256' }, good(), '')],
    ['the public key as HMAC secret', publicKey, () => signHmac({ alg: 'HS256' }, good(), rsa.pem)],
    [
      'the same without its last line end',
      publicKey,
      () => signHmac({ alg: 'HS256' }, good(), rsa.pem.trimEnd()),
    ],
    ['the same in DER', publicKey, () => signHmac({ alg: 'HS256' }, good(), derOf(rsa.pem))],
    ['another private key', publicKey, () => mint(undefined, { alg: 'RS256', key: otherRsa.privateKey })],
    [
      'an algorithm of another kind of key',
      publicKey,
      () => mint(undefined, { alg: 'ES256', key: ec.privateKey }),
    ],
    [
      'an algorithm that is not allowed',
      { ...publicKey, algorithms: ['RS512'] },
      () => mint(undefined, { alg: 'RS256', key: rsa.privateKey }),
    ],
    [
      'a key of its own in the header',
      publicKey,
      () => mint(undefined, { alg: 'RS256', key: otherRsa.privateKey, header: { jwk: otherRsa.jwk } }),
    ],
    [
      'a key URL of its own',
      publicKey,
      () =>
        mint(undefined, {
          alg: 'RS256',
          key: otherRsa.privateKey,
          header: { jku: 'http://127.0.0.1:1/keys' },
        }),
    ],
    [
      'a critical extension that nobody knows',
      secret,
      () => signHmac({ alg: 'HS256', crit: ['x'], x: 1 }, good(), TEST_SECRET),
    ],
    [
      'an unencoded payload',
      secret,
      () => signHmac({ alg: 'HS256', b64: false, crit: ['b64'] }, good(), TEST_SECRET),
    ],
    [
      'a changed payload',
      secret,
      async () => {
        const [header, , signature] = (await mint()).split('.');
        return `${header}.${Buffer.from(JSON.stringify({ ...good(), sub: 'admin' })).toString('base64url')}.${signature}`;
      },
    ],
    ['a cut signature', secret, async () => (await mint()).slice(0, -4)],
    ['a kid that climbs', secret, () => mint(undefined, { header: { kid: '../../dev/null' } })],
    ['a kid that is an injection', secret, () => mint(undefined, { header: { kid: "x' UNION SELECT 'a" } })],
    ['a kid that is very long', secret, () => mint(undefined, { header: { kid: 'x'.repeat(300) } })],
    ['a kid that is a list', secret, () => signHmac({ alg: 'HS256', kid: ['a'] }, good(), TEST_SECRET)],
    ['a kid that is a number', secret, () => signHmac({ alg: 'HS256', kid: 1 }, good(), TEST_SECRET)],
    ['a kid with a NUL', secret, () => signHmac({ alg: 'HS256', kid: 'a\u0000' }, good(), TEST_SECRET)],
    ['the wrong audience', { ...secret, audience: 'api' }, () => mint({ sub: 'u1', aud: 'other' })],
    ['no audience', { ...secret, audience: 'api' }, () => mint()],
    [
      'the wrong issuer',
      { ...secret, issuer: 'https://id.test' },
      () => mint({ sub: 'u1', iss: 'https://evil.test' }),
    ],
    ['no issuer', { ...secret, issuer: 'https://id.test' }, () => mint()],
    ['not yet', secret, () => mint({ sub: 'u1', nbf: now() + 60 })],
    [
      'an expiry that is no number',
      secret,
      () => signHmac({ alg: 'HS256' }, { sub: 'u1', exp: 'never' }, TEST_SECRET),
    ],
    [
      'a bad signature of an expired one: no word of the expiry',
      secret,
      () => mint(undefined, { key: 'x'.repeat(40), ttl: -60 }),
    ],
    [
      'the wrong audience of an expired one',
      { ...secret, audience: 'api' },
      () => mint({ sub: 'u1', aud: 'x' }, { ttl: -60 }),
    ],
    ['a payload that is no JSON', secret, () => 'eyJhbGciOiJIUzI1NiJ9.AAAA.AAAA'],
    ['a payload that is a list', secret, () => signHmac({ alg: 'HS256' }, ['u1'], TEST_SECRET)],
    ['four parts', secret, async () => `${await mint()}.x`],
    ['five parts, as an encrypted one has', secret, () => 'a.b.c.d.e'],
    ['one part', secret, () => 'token'],
    ['dots', secret, () => '..'],
    [
      'RSA with SHA-1',
      publicKey,
      () => {
        const unsigned = forgeToken({ alg: 'RS1' }, good()).slice(0, -1);
        return `${unsigned}.${createSign('sha1').update(unsigned).sign(rsa.privateKey, 'base64url')}`;
      },
    ],
  ];

  it.each(forgeries)('%s', async (_name, entry, make) => {
    await expect(verifier(entry)(await make())).rejects.toMatchObject(INVALID);
  });

  it('is refused a second time too', async () => {
    const verify = verifier(secret);
    const token = await mint(undefined, { key: 'x'.repeat(40) });
    await expect(verify(token)).rejects.toMatchObject(INVALID);
    await expect(verify(token)).rejects.toMatchObject(INVALID);
  });
});

describe('an expired token', () => {
  it('is told that it is', async () => {
    await expect(
      verifier({ secret: TEST_SECRET })(await mint(undefined, { ttl: -60 })),
    ).rejects.toMatchObject(EXPIRED);
  });

  it('is not good for having been good before', async () => {
    const verify = verifier({ secret: TEST_SECRET });
    const token = await mint(undefined, { ttl: 30 });
    await verify(token);
    clock.advance(34_999);
    await verify(token);
    clock.advance(1);
    await expect(verify(token)).rejects.toMatchObject(EXPIRED);
  });
});

describe('several keys', () => {
  const both = (): VerifyToken =>
    verifier([
      { secret: TEST_SECRET, issuer: 'https://a.test' },
      { publicKey: rsa.pem, issuer: 'https://b.test' },
      { publicKey: otherRsa.pem },
    ]);

  it('are each tried on what could be theirs', async () => {
    const verify = both();
    expect(await verify(await mint({ sub: 'a', iss: 'https://a.test' }))).toMatchObject({ id: 'a' });
    const b = await mint({ sub: 'b', iss: 'https://b.test' }, { alg: 'RS256', key: rsa.privateKey });
    expect(await verify(b)).toMatchObject({ id: 'b' });
    const c = await mint({ sub: 'c' }, { alg: 'RS256', key: otherRsa.privateKey });
    expect(await verify(c)).toMatchObject({ id: 'c' });
  });

  it('do not speak for each other', async () => {
    const swapped = await mint({ sub: 'a', iss: 'https://a.test' }, { alg: 'RS256', key: rsa.privateKey });
    await expect(both()(swapped)).rejects.toMatchObject(INVALID);
  });
});

describe('keys from a JWKS URI', () => {
  const signed = (kid?: string, key = rsa) =>
    mint(undefined, { alg: 'RS256', key: key.privateKey, ...(kid === undefined ? {} : { header: { kid } }) });
  const set = (...keys: object[]) => json({ keys });

  it('are fetched once for many tokens at a time', async () => {
    const keys = await service(set({ ...rsa.jwk, kid: 'k1' }));
    const verify = verifier({ jwksUri: keys.url });
    const tokens = await Promise.all(
      [1, 2, 3].map((n) =>
        mint({ sub: `u${n}` }, { alg: 'RS256', key: rsa.privateKey, header: { kid: 'k1' } }),
      ),
    );
    expect((await Promise.all(tokens.map(verify))).map(({ id }) => id)).toEqual(['u1', 'u2', 'u3']);
    expect(keys.requests).toHaveLength(1);
  });

  it('rotate: a kid that is not known yet is looked for at once, but not for everyone who makes one up', async () => {
    const keys = await service(set({ ...rsa.jwk, kid: 'k1' }));
    const verify = verifier({ jwksUri: keys.url });
    await verify(await signed('k1'));
    keys.behave(set({ ...otherRsa.jwk, kid: 'k2' }));
    expect(await verify(await signed('k2', otherRsa))).toMatchObject({ id: 'u1' });
    expect(keys.requests).toHaveLength(2);
    for (let n = 0; n < 20; n += 1)
      await expect(verify(await signed(`made-up-${n}`))).rejects.toMatchObject(INVALID);
    expect(keys.requests).toHaveLength(2);
    keys.behave(set({ ...rsa.jwk, kid: 'k3' }));
    clock.advance(10_000);
    expect(await verify(await signed('k3'))).toMatchObject({ id: 'u1' });
  });

  it('rotate for all who come at the moment with the new one', async () => {
    const keys = await service(set({ ...rsa.jwk, kid: 'k1' }));
    const verify = verifier({ jwksUri: keys.url });
    await verify(await signed('k1'));
    keys.behave(set({ ...otherRsa.jwk, kid: 'k2' }));
    const tokens = await Promise.all(
      [1, 2, 3].map((n) =>
        mint({ sub: `u${n}` }, { alg: 'RS256', key: otherRsa.privateKey, header: { kid: 'k2' } }),
      ),
    );
    expect((await Promise.all(tokens.map(verify))).map(({ id }) => id)).toEqual(['u1', 'u2', 'u3']);
    expect(keys.requests).toHaveLength(2);
  });

  it('stop working a while after they have been taken back', async () => {
    const keys = await service(set({ ...rsa.jwk, kid: 'k1' }));
    const verify = verifier({ jwksUri: keys.url });
    const token = await signed('k1');
    await verify(token);
    keys.behave(set());
    clock.advance(600_000);
    await expect(verify(token)).rejects.toMatchObject(INVALID);
  });

  it('are all tried for a token that names none', async () => {
    const keys = await service(set({ ...otherRsa.jwk, kid: 'k1' }, { ...rsa.jwk, kid: 'k2' }));
    expect(await verifier({ jwksUri: keys.url })(await signed())).toMatchObject({ id: 'u1' });
    const third = makeKeys('rsa');
    await expect(verifier({ jwksUri: keys.url })(await signed(undefined, third))).rejects.toMatchObject(
      INVALID,
    );
  });

  it.each<[name: string, jwk: object]>([
    ['for encryption', { ...rsa.jwk, kid: 'k1', use: 'enc' }],
    ['for another algorithm', { ...rsa.jwk, kid: 'k1', alg: 'RS512' }],
    ['for signing', { ...rsa.jwk, kid: 'k1', key_ops: ['sign'] }],
  ])('are not used if they are %s', async (_name, jwk) => {
    const keys = await service(set(jwk));
    await expect(verifier({ jwksUri: keys.url })(await signed('k1'))).rejects.toMatchObject(INVALID);
  });

  it('are no secrets, even if the set has one', async () => {
    const keys = await service(
      set({ kty: 'oct', kid: 'k1', k: Buffer.from(TEST_SECRET).toString('base64url') }),
    );
    await expect(
      verifier({ jwksUri: keys.url })(await mint(undefined, { header: { kid: 'k1' } })),
    ).rejects.toMatchObject(INVALID);
  });

  it('do not mind odd company', async () => {
    const keys = await service(set({ kty: 'unheard-of' }, { nothing: 1 }, { ...rsa.jwk, kid: 'k1' }));
    expect(await verifier({ jwksUri: keys.url })(await signed('k1'))).toMatchObject({ id: 'u1' });
  });

  const UNAVAILABLE = { code: 'UPSTREAM_UNREACHABLE', status: 503, message: 'Service unavailable' };

  it.each<[name: string, behaviour: Parameters<typeof startHttpService>[0]]>([
    ['answers with an error', text('no', 500)],
    ['answers with something else', text('<html>')],
    ['answers with JSON that is no set', json([])],
    ['sends the client elsewhere', text('', 302, { location: 'http://127.0.0.1:1/' })],
  ])('that %s are a 503, and the log says why', async (_name, behaviour) => {
    const keys = await service(behaviour);
    await expect(verifier({ jwksUri: keys.url })(await signed('k1'))).rejects.toMatchObject(UNAVAILABLE);
    expect(log.lines).toMatchObject([{ level: 40, jwksUri: keys.url, err: { message: expect.any(String) } }]);
  });

  it('that never answer are a 503 after five seconds', async () => {
    const keys = await service(hang);
    const verified = verifier({ jwksUri: keys.url })(await signed('k1'));
    const outcome = expect(verified).rejects.toMatchObject(UNAVAILABLE);
    await keys.received(1);
    await clock.pass(5000);
    await outcome;
  });

  it('that were had once outlive an outage', async () => {
    const keys = await service(set({ ...rsa.jwk, kid: 'k1' }));
    const verify = verifier({ jwksUri: keys.url });
    await verify(await signed('k1'));
    await keys.die();
    clock.advance(3_600_000);
    expect(await verify(await signed('k1'))).toMatchObject({ id: 'u1' });
    clock.advance(90_000_000);
    await expect(verify(await signed('k1'))).rejects.toMatchObject(UNAVAILABLE);
    await keys.comeBack();
    clock.advance(1000);
    expect(await verify(await signed('k1'))).toMatchObject({ id: 'u1' });
  });
});

describe('keys that can not be used are told when they are read', () => {
  it.each<[entry: Entry, message: RegExp]>([
    [{ publicKey: 'no-such.pem' }, /^auth\.jwt\[0\]: .*no such file/],
    [{ publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }, /private key/],
    [{ publicKey: rsa.pem, algorithms: ['HS256'] }, /none of HS256 works with this key/],
    [{ secret: TEST_SECRET, algorithms: ['RS256'] }, /none of RS256 works with this key/],
    [{ publicKey: '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----' }, /auth\.jwt\[0\]/],
  ])('%#', (entry, message) => {
    expect(() => verifier(entry)).toThrowError(message);
  });
});
