import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type RestService, startRestService } from '../support/graphql-service.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

const SDL = `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  open: String @connect(source: "main", http: { GET: "/open" }, selection: "$")
  people: [Person] @connect(source: "main", http: { GET: "/people" }, selection: "id secret")
}
type Person { id: ID  secret: String @requiresRoles(roles: ["admin"]) }
`;

let service: RestService;
let gateway: TestGateway;
beforeEach(async () => {
  service = await startRestService({
    'GET /open': () => 'hi',
    'GET /people': () => [1, 2, 3].map((id) => ({ id, secret: 's' })),
    'GET /refusing': () => 'no',
  });
});
afterEach(async () => {
  await gateway.close();
  await service.close();
});

const config = (telemetry = '') => `
auth: { jwt: [{ secret: "${TEST_SECRET}" }] }
services: { main: { urls: ["${service.url}"] } }
routes:
  - { path: /open, service: main, auth: none }
  - { path: /people, service: main }
  - { path: /admin/*, service: main, roles: [admin] }
graphql: {}
telemetry: { ${telemetry} }
`;

async function open(telemetry = ''): Promise<void> {
  gateway = await startGateway({ config: config(telemetry), sdl: SDL });
}

const audited = () => gateway.log.lines.filter(({ msg }) => msg === 'audit').map(({ audit }) => audit);

async function get(path: string, token?: string, requestId = 'r-1') {
  const headers = { 'x-request-id': requestId, ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${gateway.url}${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

async function query(text: string, token: string) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-request-id': 'q',
    },
    body: JSON.stringify({ query: text }),
  });
  return response.text();
}

const from = (request: string) => ({ ip: '127.0.0.1', request });

describe('a refusal', () => {
  it('at a route is on record with who, from where, what and why; what passes is not', async () => {
    await open();
    const token = await mintToken({ sub: '42' });
    const statuses = [
      await get('/open', undefined, 'r-0'),
      await get('/people', token, 'r-1'),
      await get('/people', undefined, 'r-2'),
      await get('/people', 'rubbish', 'r-3'),
      await get('/people', await mintToken({ sub: '42' }, { ttl: -60 }), 'r-4'),
      await get('/admin/users/7', token, 'r-5'),
      await get('/nowhere', token, 'r-6'),
    ];
    expect(statuses).toEqual([200, 200, 401, 401, 401, 403, 404]);
    const deny = {
      id: expect.any(String),
      time: expect.any(String),
      action: 'access.deny',
      outcome: 'denied',
    };
    expect(audited()).toEqual([
      { ...deny, from: from('r-2'), object: 'route:/people', reason: 'Authentication required' },
      { ...deny, from: from('r-3'), object: 'route:/people', reason: 'Invalid token' },
      { ...deny, from: from('r-4'), object: 'route:/people', reason: 'Token expired' },
      {
        ...deny,
        who: { id: '42', via: 'jwt' },
        from: from('r-5'),
        object: 'route:/admin/*',
        reason: 'Forbidden',
      },
    ]);
    expect(JSON.stringify(gateway.log.lines)).not.toContain(token.split('.')[2]);
    // The log is where it is: for that alone no database comes into being.
    expect(readdirSync(gateway.folder).sort()).toEqual(['gateway.yaml', 'schema']);
  });

  it.each([
    ['by its plan', '{ open people { id secret } }'],
    ['by the general executor', '{ __schema { queryType { name } } open people { id secret } }'],
  ])('of a field is on record once, in however many objects it was asked for: %s', async (_name, text) => {
    gateway = await startGateway({ config: config(), sdl: SDL, development: true });
    expect(await query(text, await mintToken({ sub: '42' }))).toContain('FORBIDDEN');
    expect(audited()).toEqual([
      expect.objectContaining({
        action: 'access.deny',
        outcome: 'denied',
        who: { id: '42', via: 'jwt' },
        from: from('q'),
        object: 'field:Person.secret',
        reason: 'Forbidden',
      }),
    ]);
  });

  it('that repeats itself is counted, and told when the gateway ends', async () => {
    await open();
    for (let i = 0; i < 20; i += 1) await get('/people');
    expect(audited()).toHaveLength(1);
    await gateway.gateway.close();
    expect(audited()).toEqual([
      expect.not.objectContaining({ count: expect.anything() }),
      expect.objectContaining({ count: 19, until: expect.any(String) }),
    ]);
  });

  it('by the service behind is no refusal of ours', async () => {
    service.behave((_request, response) => {
      response.writeHead(403).end();
    });
    await open();
    expect(await get('/people', await mintToken())).toBe(403);
    expect(audited()).toEqual([]);
  });

  it('leaves no trace with telemetry.audit: false', async () => {
    await open('audit: false');
    expect(await get('/people')).toBe(401);
    expect(await query('{ people { secret } }', await mintToken())).toContain('FORBIDDEN');
    expect(audited()).toEqual([]);
  });
});

describe('a reload', () => {
  it('is on record with the names of what it changed, and no value of it', async () => {
    await open();
    const changed = config().replace(TEST_SECRET, 'another secret, that nobody may see in here');
    await gateway.reload({ config: changed.replace('auth: none', 'auth: optional') });
    expect(audited()).toEqual([
      expect.objectContaining({
        action: 'configuration.reload',
        outcome: 'success',
        who: { via: 'signal' },
        object: 'configuration',
        after: { changed: ['auth.jwt', 'routes'] },
      }),
    ]);
    expect(JSON.stringify(gateway.log.lines)).not.toContain('another secret');
  });

  it('names whoever asked for it', async () => {
    await open();
    await gateway.gateway.reload(undefined, { via: 'file', id: 'gateway.yaml' });
    expect(audited()).toEqual([
      expect.objectContaining({ who: { via: 'file', id: 'gateway.yaml' }, after: { changed: [] } }),
    ]);
  });

  it('that fails is on record too, and so is one that switches the audit off', async () => {
    await open();
    await expect(gateway.reload({ config: 'services: 5' })).rejects.toThrow();
    await gateway.reload({ config: config('audit: false') });
    await gateway.reload({ config: config('audit: false, metrics: ""') });
    expect(audited()).toEqual([
      expect.objectContaining({ outcome: 'failure', reason: expect.stringMatching(/problem/) }),
      expect.objectContaining({ outcome: 'success', after: { changed: ['telemetry.audit'] } }),
    ]);
  });
});
