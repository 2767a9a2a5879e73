import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { formatProblem } from '../../src/kernel/problem.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type HttpService, json, startHttpService } from '../support/http-service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OLD = 'the-old-internal-key-0123';
const NEW = 'the-new-internal-key-0123';
const SENT = 'what-the-auth-service-wants';

/** A gateway before an auth service that lets in who has its key, and a service that has none. */
const CONFIG = `
server: { errors: { format: detail } }
auth:
  serviceKeys: { keys: ["${OLD}", "\${NEW_KEY}"] }
services:
  auth:
    urls: ['AUTH']
    headers: { set: { X-Internal-Service-Key: '${SENT}' } }
  plain: { urls: ['PLAIN'], headers: { forward: [x-trace-me] } }
routes:
  - { path: /v1/client/*, service: auth, auth: none }
  - { path: /auth/*, service: auth, auth: service }
  - { path: /plain/*, service: plain, auth: none }
  - { path: /called, service: plain }
graphql: { auth: optional }
`;
const SDL = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "plain", http: { baseURL: "http://x", headers: [{ name: "X-API-Key", value: "the service's own" }] })
type Query {
  viaAuth: Boolean @connect(source: "auth", http: { GET: "/field" }, selection: "$.ok")
  viaPlain: Boolean
    @connect(source: "plain", http: { GET: "/field", headers: [{ name: "X-Internal-Service-Key", value: "its own" }] }, selection: "$.ok")
  internal: String @connect(source: "plain", http: { GET: "/who" }, selection: "$context.user.id") @authenticated
  ruled: String @connect(source: "plain", http: { GET: "/who" }, selection: "$context.user.id") @requiresRoles(roles: ["admin"])
  scoped: String @connect(source: "plain", http: { GET: "/who" }, selection: "$context.user.id") @requiresScopes(scopes: [["all"]])
}
`;

let auth: HttpService;
let plain: HttpService;
let gateway: TestGateway;
beforeAll(async () => {
  [auth, plain] = [await startHttpService(json({ ok: true })), await startHttpService(json({ ok: true }))];
  gateway = await startGateway({
    config: CONFIG.replace('AUTH', auth.url).replace('PLAIN', plain.url),
    sdl: SDL,
    env: { NEW_KEY: NEW },
  });
});
afterAll(async () => {
  await gateway?.close();
  await Promise.all([auth?.close(), plain?.close()]);
});
beforeEach(() => {
  auth.requests.length = 0;
  plain.requests.length = 0;
});

async function get(path: string, headers: Record<string, string> = {}) {
  const answer = await request(gateway.url + path, { headers });
  return { status: answer.statusCode, text: await answer.body.text() };
}

function query(text: string, headers: Record<string, string> = {}) {
  return get(`/graphql?query=${encodeURIComponent(text)}`, headers);
}

/** What the last call carried under a name like that of a key. */
function keysSeenBy({ requests }: HttpService): string[] {
  const { rawHeaders = [] } = requests.at(-1) ?? {};
  return rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && /key/i.test(name) ? [`${name}: ${rawHeaders[i + 1]}`] : [],
  );
}

describe('a service that wants an internal key', () => {
  const wanted = [`X-Internal-Service-Key: ${SENT}`];

  it.each([
    ['nothing', {}],
    ['a key of its own making', { 'x-internal-service-key': 'a guess' }],
    ['a good one', { 'x-internal-service-key': NEW }],
    [
      'one under another spelling',
      { x_internal_service_key: 'a guess', 'x-internal_service.key': 'another' },
    ],
  ])('gets its own from the gateway, whatever the client sends: %s', async (_name, headers) => {
    expect(await get('/v1/client/me', headers)).toMatchObject({ status: 200 });
    expect(keysSeenBy(auth)).toEqual(wanted);
    expect(await get('/plain/x', headers)).toMatchObject({ status: 200 });
    expect(keysSeenBy(plain)).toEqual([]);
  });

  it('gets it from fields as well, and others get what the schema says', async () => {
    const headers = { 'x-internal-service-key': NEW };
    expect(await query('{ viaAuth viaPlain }', headers)).toEqual({
      status: 200,
      text: '{"data":{"viaAuth":true,"viaPlain":true}}',
    });
    expect(keysSeenBy(auth)).toEqual(wanted);
    expect(keysSeenBy(plain).sort()).toEqual([
      "x-api-key: the service's own",
      'x-internal-service-key: its own',
    ]);
  });
});

describe('an internal route', () => {
  it('is for who holds one of the keys, old or new, and nobody else', async () => {
    for (const key of [OLD, NEW]) {
      expect(await get('/auth/user/1', { 'x-internal-service-key': key })).toMatchObject({ status: 200 });
      expect(keysSeenBy(auth)).toEqual([`X-Internal-Service-Key: ${SENT}`]);
    }
    for (const [key, text] of [
      ['', 'Invalid token'],
      [SENT, 'Invalid token'],
      [`${OLD}, ${NEW}`, 'Invalid token'],
      [undefined, 'Authentication required'],
    ] as const) {
      const headers: Record<string, string> = key === undefined ? {} : { 'x-internal-service-key': key };
      expect(await get('/auth/user/1', headers)).toEqual({
        status: 401,
        text: JSON.stringify({ detail: text }),
      });
    }
    expect(auth.requests.length).toBe(2);
  });

  it('passes a token on unseen: it is for the service to judge', async () => {
    const headers = { 'x-internal-service-key': NEW, authorization: 'Bearer of.the.user' };
    expect(await get('/auth/validate', headers)).toMatchObject({ status: 200 });
    expect(auth.requests[0]?.headers.authorization).toBe('Bearer of.the.user');
  });

  it('tells the log which key it was, and nobody what it is', async () => {
    await get('/auth/user/1', { 'x-internal-service-key': NEW });
    await get('/auth/user/1', { 'x-internal-service-key': 'close-but-not-it' });
    const health = await get('/health');
    expect(gateway.log.requests().map(({ user }) => user)).toContain('service-key-2');
    const all = JSON.stringify(gateway.log.lines) + health.text;
    for (const secret of [OLD, NEW, SENT, 'close-but-not-it']) expect(all).not.toContain(secret);
  });
});

it('takes an internal caller for a caller wherever one is needed, and without any role', async () => {
  const headers = { 'x-internal-service-key': OLD };
  expect(await get('/called')).toMatchObject({ status: 401 });
  expect(await get('/called', headers)).toMatchObject({ status: 200 });
  expect(plain.requests[0]?.headers['x-user-id']).toBe('service-key-1');
  const { text } = await query('{ internal ruled scoped }', headers);
  expect(JSON.parse(text)).toMatchObject({
    data: { internal: 'service-key-1', ruled: null, scoped: null },
    errors: [
      { path: ['ruled'], extensions: { code: 'FORBIDDEN' } },
      { path: ['scoped'], extensions: { code: 'FORBIDDEN' } },
    ],
  });
});

it('changes keys with a reload', async () => {
  const config = CONFIG.replace('AUTH', auth.url).replace('PLAIN', plain.url).replace(`"${OLD}", `, '');
  await gateway.reload({ config });
  expect(await get('/called', { 'x-internal-service-key': OLD })).toMatchObject({ status: 401 });
  expect(await get('/called', { 'x-internal-service-key': NEW })).toMatchObject({ status: 200 });
});

it('is told of when it can be guessed', async () => {
  const folder = await temporaryFolder();
  const file = await folder.write(
    'gateway.yaml',
    'auth: { serviceKeys: { keys: [short, fifteen-letters, sixteen-letters-] } }\nservices: {}\ngraphql: {}\n',
  );
  const { problems } = await loadConfig(file, { env: {} });
  expect(problems.map(formatProblem)).toEqual([
    `${file}:1:31: warning: the key has 5 characters and can be guessed; give it at least 16, such as from \`openssl rand -base64 32\``,
    `${file}:1:38: warning: the key has 15 characters and can be guessed; give it at least 16, such as from \`openssl rand -base64 32\``,
  ]);
  await folder.remove();
});
