import { afterEach, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { askRaw } from '../support/raw-http.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

async function start(server: string): Promise<void> {
  gateway = await startGateway({
    config: `
server: { drain: { timeout: 100ms }, ${server} }
services: {}
graphql: { graphiql: true }
health: { aliases: [/healthz] }
routes:
  - { path: /*, respond: { body: any } }
  - { path: /*, host: 'api.test:8443', respond: { body: port } }
  - { path: /*, host: api.test, respond: { body: api } }
`,
    sdl: 'type Query { a: Int @connect(selection: "$(1)") } extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])',
  });
}

function ask(target: string, lines: readonly string[], method = 'GET') {
  const head = [`${method} ${target} HTTP/1.1`, ...lines, 'Connection: close'].join('\r\n');
  return askRaw(gateway.port, `${head}\r\n\r\n`);
}

describe('allowedHosts', () => {
  it.each([
    ['api.test', 200],
    ['API.Test:81', 200],
    ['api.test.', 200],
    ['api.test.:81', 200],
    ['api.test..', 421],
    ['port.test:81', 200],
    ['port.test.:81', 200],
    ['port.test', 421],
    ['port.test:810', 421],
    ['[::1]', 200],
    ['[::1]:9', 200],
    ['[::2]', 421],
    ['a.wild.test', 200],
    ['a.b.WILD.test.:80', 200],
    ['wild.test', 421],
    ['.wild.test', 400],
    ['a.wild.test.evil.test', 421],
    ['127.0.0.1', 421],
    ['localhost', 421],
  ])('%s: %i', async (host, status) => {
    await start("allowedHosts: [api.test., 'Port.test:81', '[::1]', '*.Wild.test']");
    expect(await ask('/x', [`Host: ${host}`])).toMatchObject({ status });
  });

  it('counts the host of an absolute target, whatever the header says', async () => {
    await start('allowedHosts: [api.test]');
    expect(await ask('http://evil.test/x', ['Host: api.test'])).toMatchObject({ status: 421 });
    expect(await ask('http://api.test/x', ['Host: evil.test'])).toMatchObject({ status: 200 });
  });

  it('refuses a request of HTTP/1.0 that names none', async () => {
    await start('allowedHosts: [api.test]');
    expect(await askRaw(gateway.port, 'GET /x HTTP/1.0\r\n\r\n')).toMatchObject({ status: 421 });
  });

  it('takes the word of a trusted proxy, and of the nearest one where there are more', async () => {
    await start('allowedHosts: [api.test], trustedProxies: [loopback]');
    const via = (value: string) =>
      ask('/x', ['Host: inner', `X-Forwarded-Host: ${value}`, 'X-Forwarded-For: 203.0.113.9']);
    expect(await via('api.test')).toMatchObject({ status: 200 });
    expect(await via('evil.test, api.test')).toMatchObject({ status: 200 });
    expect(await via('api.test, evil.test')).toMatchObject({ status: 421 });
    expect(await via('api.test@evil.test')).toMatchObject({ status: 421 });
  });
});

describe('health', () => {
  const paths = ['/health', '/healthz', '/livez', '/readyz'];

  it.each(['127.0.0.1', '10.1.2.3:8080', '[::1]:8080', 'localhost', 'localhost:4000'])(
    'answers who asks by address in plain http: %s',
    async (host) => {
      await start('allowedHosts: [api.test], httpsRedirect: true');
      for (const path of paths) expect(await ask(path, [`Host: ${host}`])).toMatchObject({ status: 200 });
      for (const path of ['/x', '/graphql', '/livez/x'])
        expect(await ask(path, [`Host: ${host}`])).toMatchObject({ status: 421 });
    },
  );

  it('answers who names no host', async () => {
    await start('allowedHosts: [api.test], httpsRedirect: true');
    expect(await askRaw(gateway.port, 'GET /livez HTTP/1.0\r\n\r\n')).toMatchObject({ status: 200 });
  });

  it('has no other host than everything else: a name can be made to point here', async () => {
    await start('allowedHosts: [api.test], httpsRedirect: true');
    expect(await ask('/health', ['Host: evil.test'])).toMatchObject({ status: 421 });
    expect(await ask('/health', ['Host: 127.0.0.1.evil.test'])).toMatchObject({ status: 421 });
    expect(await ask('/health', ['Host: api.test'])).toMatchObject({ status: 308 });
    expect(await ask('/health', ['Host: 127.0.0.1'], 'POST')).toMatchObject({ status: 421 });
  });
});

describe('httpsRedirect', () => {
  it.each([
    ['/', 'api.test', 'https://api.test/'],
    ['/a/b?c=d&e=//f', 'api.test:8080', 'https://api.test/a/b?c=d&e=//f'],
    ['/%61%2fb?', 'API.test.', 'https://api.test/a%2Fb?'],
    ['/a b', 'api.test', undefined],
    ['/@evil.test', 'api.test', 'https://api.test/@evil.test'],
    ['/:evil.test', 'api.test', 'https://api.test/:evil.test'],
    ['//evil.test', 'api.test', undefined],
    ['/\\evil.test', 'api.test', undefined],
    ['/%2f%2fevil.test', 'api.test', 'https://api.test/%2F%2Fevil.test'],
    ['http://api.test?x', 'evil.test', 'https://api.test/?x'],
    ['http://api.test\\@evil.test/', 'api.test', undefined],
    ['/x', '[::1]:80', 'https://[::1]/x'],
    ['/x', '[::1]', 'https://[::1]/x'],
    ['/x', 'evil.test/..', undefined],
  ])('sends %s at %s to %s', async (target, host, location) => {
    await start('httpsRedirect: true');
    const { status, headers } = await ask(target, [`Host: ${host}`]);
    expect({ status, location: headers.location }).toEqual({ status: location ? 308 : 400, location });
    if (location) expect(new URL(location).protocol).toBe('https:');
  });

  it('does not send OPTIONS * anywhere', async () => {
    await start('httpsRedirect: true');
    expect(await ask('*', ['Host: api.test'], 'OPTIONS')).toMatchObject({ status: 204 });
  });

  it('breaks no line, whatever the query holds', async () => {
    await start('httpsRedirect: true');
    const { headers } = await ask('/x?a=%0d%0aX-Evil:%201&b=%c3%a9', ['Host: api.test']);
    expect(headers).toMatchObject({ location: 'https://api.test/x?a=%0d%0aX-Evil:%201&b=%c3%a9' });
    expect(headers['x-evil']).toBeUndefined();
  });

  it('is over where a trusted proxy says https, and Strict-Transport-Security is said there alone', async () => {
    await start('httpsRedirect: true, trustedProxies: [loopback]');
    const secure = await ask('/x', ['Host: api.test', 'X-Forwarded-Proto: https']);
    expect(secure).toMatchObject({
      status: 200,
      headers: { 'strict-transport-security': expect.any(String) },
    });
    const plain = await ask('/x', [
      'Host: api.test',
      'X-Forwarded-Proto: https, http',
      'X-Forwarded-For: 203.0.113.9',
    ]);
    expect(plain.status).toBe(308);
    expect(plain.headers['strict-transport-security']).toBeUndefined();
    const forwarded = await ask('/x', [
      'Host: api.test',
      'Forwarded: for=203.0.113.9;proto=https;host=other.test',
    ]);
    expect(forwarded).toMatchObject({
      status: 200,
      headers: { 'strict-transport-security': expect.any(String) },
    });
  });
});

describe('the host of a route', () => {
  it.each([
    ['api.test', 'api'],
    ['API.TEST:81', 'api'],
    ['api.test.', 'api'],
    ['api.test:8443', 'port'],
    ['other.test', 'any'],
    ['api.test.other.test', 'any'],
  ])('%s: %s', async (host, body) => {
    await start('');
    expect(await ask('/x', [`Host: ${host}`])).toMatchObject({ status: 200, body });
  });
});
