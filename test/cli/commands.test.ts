import { decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { type Finished, runPortico } from '../support/portico-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const SECRET = 'a-secret-that-is-long-enough-for-each-of-the-hashes-in-use-here';
const GOOD = `auth:
  jwt: [{ secret: \${SECRET}, issuer: portico, audience: [shop, admin], algorithms: [HS384, HS256] }]
  claims: { id: uid, roles: realm.roles, scopes: realm.scope }
services:
  users:
    urls: [http://localhost:8001]
    health: { path: /health }
  content: { urls: [http://localhost:8002] }
  idle: { urls: [http://localhost:8003] }
routes:
  - { path: /users/*, service: users, fallback: { body: {} } }
  - { path: /users/{id}, service: users, methods: [GET, PUT], auth: none }
  - { path: /admin/*, service: users, roles: [admin, owner], rewrite: /internal/* }
  - { path: /hello, respond: { status: 204 }, auth: none, host: api.example.com }
  - { path: /v, respond: {}, auth: optional, version: "2", header: { X-API-Version: "2" } }
graphql: {}
`;
const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
type Query {
  posts: [Post!] @connect(source: "content", http: { GET: "/posts" }, selection: "id title")
}
type Post { id: ID! title: String }
`;

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write('gateway.yaml', GOOD);
  await folder.write('.env', `SECRET=${SECRET}\n`);
  await folder.write('schema/schema.graphql', SDL);
});
afterAll(() => folder.remove());

function portico(...args: string[]): Promise<Finished> {
  return runHere(args, folder.path);
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

it('gives the exit code to whoever started the process', async () => {
  const codes = ['routes', 'strat'].map((name) => runPortico([name], { cwd: folder.path }));
  expect((await Promise.all(codes)).map(({ code }) => code)).toEqual([0, 2]);
});

describe('portico check', () => {
  it('prints warnings with their positions and exits 0', async () => {
    const { code, stdout, stderr } = await portico('check');
    expect(lines(stderr)).toEqual([
      'gateway.yaml:8:3: warning: service content has no fallback anywhere: while it is down, all that needs it fails; give a field @fallback, or a route `fallback`',
      'gateway.yaml:8:3: warning: service content has no health path: a dead target is noticed only by calls that fail; set health.path',
      'gateway.yaml:9:3: warning: service idle is used by no route and no field',
    ]);
    expect(lines(stdout)).toEqual([
      'gateway.yaml: no errors, 3 warnings; 3 services, 5 routes, 1 connected field',
    ]);
    expect(code).toBe(0);
  });

  it('--strict makes warnings errors', async () => {
    const { code, stderr, stdout } = await portico('check', '--strict');
    expect(lines(stderr)).toHaveLength(3);
    expect(stderr).not.toContain('warning:');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('warns of routes whose operation no request gets past the limits', async () => {
    await folder.write(
      'tight.yaml',
      `${GOOD.replace('routes:', 'routes:\n  - { path: /news, operation: "{ posts { title } }" }\n  - { path: /motto, operation: "{ __typename }" }').replace('graphql: {}', 'graphql: { limits: { cost: 10, depth: 1 } }')}`,
    );
    const { code, stderr } = await portico('check', '--config', 'tight.yaml');
    expect(lines(stderr).filter((line) => line.includes('limits'))).toEqual([
      'tight.yaml:11:5: warning: /news is refused by graphql.limits: The operation has a type cost of 11; at most 10 is allowed',
    ]);
    expect(code).toBe(0);
  });

  it('names every fault of a broken file on stderr, one per line, and exits 1', async () => {
    await folder.write(
      'broken.yaml',
      'server: { prot: 1 }\nservices: { a: {} }\nroutes: [{ path: /a, respond: {} }]\n',
    );
    const { code, stdout, stderr } = await portico('check', '--config', 'broken.yaml');
    expect(lines(stderr)).toEqual([
      'broken.yaml:1:11: unknown key "prot" in server. Did you mean "port"?',
      'broken.yaml:2:13: services.a needs "urls" (a list): base URL of each target',
    ]);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('names a fault of the schema in its file', async () => {
    await folder.write('bad/gateway.yaml', 'services: {}\ngraphql: { schema: [x.graphql] }\n');
    await folder.write('bad/x.graphql', 'type Query {\n  a: Strin\n}\n');
    const { code, stderr } = await portico('check', '-c', 'bad/gateway.yaml');
    expect(lines(stderr)[0]).toMatch(/^bad\/x\.graphql:2:6: /);
    expect(code).toBe(1);
  });

  it('names the faults of the schema beside those of the configuration', async () => {
    await folder.write(
      'both/gateway.yaml',
      `auth: { forward: { X-Tenant: tenant }, defualt: none }
services: { content: { urls: [http://localhost:8002], config: { size: 5 }, tiemout: 5s } }
routes: [{ path: /a, service: contnt }]
graphql: { schema: x.graphql, resolvers: resolvers.ts, grahpiql: on }
`,
    );
    await folder.write(
      'both/x.graphql',
      `${SDL.replace('"/posts"', '"/posts?size={$config.size}&max={$config.max}"')}extend type Query {
  mine: Strin
  byModule: String
}
`,
    );
    const { code, stderr } = await portico('check', '-c', 'both/gateway.yaml');
    expect(lines(stderr)).toEqual([
      'both/gateway.yaml:1:40: unknown key "defualt" in auth. Did you mean "default"?',
      'both/gateway.yaml:2:76: unknown key "tiemout" in services.content. Did you mean "timeout"?',
      'both/gateway.yaml:3:31: there is no service "contnt". Did you mean "content"?',
      'both/gateway.yaml:4:56: unknown key "grahpiql" in graphql. Did you mean "graphiql"?',
      expect.stringMatching(/^both\/x\.graphql:3:92: warning: .*no "max"/),
      expect.stringMatching(/^both\/x\.graphql:7:9: .*Strin/),
    ]);
    expect(code).toBe(1);
  });

  it('guesses nothing of the schema where the configuration does not tell where it is', async () => {
    await folder.write('bad/lost.yaml', 'services: {}\ngraphql: { schema: ["${NOWHERE}"] }\n');
    const { stderr } = await portico('check', '-c', 'bad/lost.yaml');
    expect(lines(stderr)).toEqual([
      expect.stringMatching(/^bad\/lost\.yaml:2:22: the environment variable NOWHERE is not set/),
    ]);
  });

  it('--json gives the same for machines, on stdout alone', async () => {
    const { code, stdout, stderr } = await portico('check', '--json', '--config', 'broken.yaml');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      errors: 2,
      warnings: 0,
      problems: [
        { severity: 'error', file: 'broken.yaml', line: 1, column: 11 },
        { severity: 'error', file: 'broken.yaml', line: 2, column: 13 },
      ],
    });
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  it('--against reports what breaks clients of an older schema, at the old definition', async () => {
    await folder.write(
      'before.graphql',
      'type Query {\n  posts: [Post!]\n  users: [String]\n}\ntype Post {\n  id: ID!\n  title: String!\n}\n',
    );
    const { code, stderr } = await portico('check', '--against', 'before.graphql');
    expect(lines(stderr).filter((line) => line.startsWith('before'))).toEqual([
      'before.graphql:3:3: breaking change: Query.users was removed.',
      'before.graphql:7:3: breaking change: Post.title changed type from String! to String.',
    ]);
    expect(code).toBe(1);
  });
});

describe('portico routes', () => {
  it('prints the table in the order of precedence', async () => {
    const { code, stdout } = await portico('routes');
    expect(lines(stdout)).toEqual([
      'METHOD    PATH                   ACTION                     AUTH                                LIMIT',
      'GET,HEAD  /health                health                     none                                -',
      'GET,HEAD  /livez                 health                     none                                -',
      'GET,HEAD  /readyz                health                     none                                -',
      'GET,POST  /graphql               graphql                    optional                            -',
      '*         api.example.com/hello  respond 204                none                                -',
      '*         /v (2)                 respond 200                optional                            -',
      'GET,PUT   /users/{id}            service users              none                                -',
      '*         /users/*               service users              required                            -',
      '*         /admin/*               service users /internal/*  required: role admin or role owner  -',
    ]);
    expect(code).toBe(0);
  });

  it('names the limit of each, where there is one', async () => {
    await folder.write(
      'limited.yaml',
      `services: { content: { urls: [http://localhost:8002] } }
limits: { default: { requests: 9, window: 1m }, slow: { requests: 1, window: 1m } }
routes:
  - { path: /a, respond: {} }
  - { path: /b, limit: slow, respond: {} }
  - { path: /c, limit: { requests: 1, window: 1m }, respond: {} }
  - { path: /d, limit: false, respond: {} }
graphql: {}
`,
    );
    const { stdout } = await portico('routes', '--json', '--config', 'limited.yaml');
    const rows = JSON.parse(stdout) as { path: string; limit: string | null }[];
    expect(Object.fromEntries(rows.map(({ path, limit }) => [path, limit]))).toEqual({
      '/health': null,
      '/livez': null,
      '/readyz': null,
      '/graphql': 'default',
      '/a': 'default',
      '/b': 'slow',
      '/c': 'inline',
      '/d': null,
    });
  });

  it('--json gives the rows with the names of the configuration', async () => {
    const { stdout } = await portico('routes', '--json');
    const rows: unknown = JSON.parse(stdout);
    expect(rows).toContainEqual({
      methods: ['GET', 'PUT'],
      path: '/users/{id}',
      host: null,
      version: null,
      action: 'service users',
      service: 'users',
      auth: 'none',
      roles: [],
      scopes: [],
      limit: null,
      source: 'file',
    });
  });
});

describe('portico schema', () => {
  it('prints the public SDL alone', async () => {
    const { code, stdout } = await portico('schema');
    expect(stdout).toContain('type Post {');
    expect(stdout).not.toContain('@connect');
    expect(code).toBe(0);
  });

  it('prints the JSON Schema of the configuration, without any configuration', async () => {
    const { code, stdout } = await portico('schema', '--config-schema', '--config', 'nowhere.yaml');
    expect(JSON.parse(stdout)).toMatchObject({
      title: 'Portico gateway configuration',
      required: ['services'],
    });
    expect(code).toBe(0);
  });

  it('says so if there is no GraphQL', async () => {
    await folder.write('rest.yaml', 'services: {}\nroutes: [{ path: /a, respond: {} }]\n');
    const { code, stderr } = await portico('schema', '--config', 'rest.yaml');
    expect(stderr).toBe('rest.yaml:1:1: there is no `graphql` here, so there is no schema to print\n');
    expect(code).toBe(1);
  });
});

describe('portico token', () => {
  it('mints what the configuration asks for, and prints nothing else', async () => {
    const { code, stdout, stderr } = await portico(
      ...['token', '--user', '42', '--roles', 'a,b', '--scopes', 'posts:read posts:write', '--ttl', '15m'],
    );
    expect([code, stderr]).toEqual([0, '']);
    const { payload, protectedHeader } = await jwtVerify(stdout.trim(), Buffer.from(SECRET), {
      issuer: 'portico',
      audience: 'admin',
    });
    expect(protectedHeader.alg).toBe('HS384');
    expect(payload).toMatchObject({
      uid: '42',
      realm: { roles: ['a', 'b'], scope: 'posts:read posts:write' },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
  });

  it('is good for an hour unless told otherwise', async () => {
    const { iat = 0, exp = 0 } = decodeJwt((await portico('token', '--user', '42')).stdout.trim());
    expect(exp - iat).toBe(3600);
  });

  it('needs a secret', async () => {
    await folder.write(
      'keys.yaml',
      'services: {}\ngraphql: {}\nauth:\n  jwt:\n    - { jwksUri: https://login.example.com/jwks.json }\n',
    );
    const { code, stdout, stderr } = await portico('token', '--user', '42', '--config', 'keys.yaml');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^keys\.yaml:4:3: no entry of auth\.jwt has a `secret`/);
  });

  it.each([[['token']], [['token', '--user', '42', '--ttl', 'soon']]])(
    'takes %j for wrong usage',
    async (args) => {
      expect((await portico(...args)).code).toBe(2);
    },
  );
});

describe('wrong usage', () => {
  it.each([
    [['strat'], /^unknown command 'strat' \(Did you mean start\?\)\n$/],
    [['check', '--jsno'], /^unknown option '--jsno' \(Did you mean --json\?\)\n$/],
    [['check', 'gateway.yaml'], /^too many arguments .*--config\.\n$/],
    [['check', '--config'], /argument missing/],
    [[], /Usage: portico/],
    [['import', 'openapi', 'x.json'], /^portico import is not available yet$/m],
  ])('%j exits 2 and says why', async (args, message) => {
    const { code, stdout, stderr } = await portico(...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each(['start', 'dev', 'demo', 'check', 'routes', 'schema', 'token'])(
    '%s --help exits 0 and shows an example',
    async (command) => {
      const { code, stdout } = await portico(command, '--help');
      expect(stdout).toMatch(new RegExp(`Examples?:\\n[^]*\\$ .*portico ${command}`));
      expect(code).toBe(0);
    },
  );

  it('--version prints the version', async () => {
    expect((await portico('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
