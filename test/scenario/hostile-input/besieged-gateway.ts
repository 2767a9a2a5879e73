import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'undici';
import { type HttpService, startHttpService } from '../../support/http-service.ts';
import { type PorticoProcess, startPortico } from '../../support/portico-process.ts';
import { makeKeys, mintToken, TEST_SECRET } from '../../support/token.ts';
import type { Means } from './hostile-input.ts';

/** Bytes that a process uses. */
export interface Memory {
  /** By objects and buffers. */
  readonly heap: number;
  /** As the system sees it. */
  readonly rss: number;
}

/** A gateway in a process of its own, as the command line starts it, with every rule on that inputs are to break. */
export interface BesiegedGateway {
  readonly port: number;
  readonly means: Means;
  /** What lies behind all of its routes and fields. */
  readonly service: HttpService;
  /** Bytes that are in use after everything that can be let go has been. */
  memory(): Promise<Memory>;
  /** Lines of its log that tell of faults of its own. */
  faults(): readonly string[];
  isAlive(): boolean;
  close(): Promise<void>;
}

const CONFIG = `
server:
  host: 127.0.0.1
  port: 0
  allowedHosts: [api.test]
  requestTimeout: 5s
  drain: { timeout: 100ms }
  cors: { origins: ['https://app.test', 'https://*.wild.test'], credentials: true }
auth:
  jwt:
    - { secret: '${TEST_SECRET}', algorithms: [HS256], issuer: 'https://id.test', audience: portico }
    - { publicKey: key.pem, algorithms: [RS256], issuer: 'https://id.test', audience: portico }
  apiKeys: { enabled: true }
  serviceKeys: { keys: ['the key of tests, for nothing else'] }
  accounts: { enabled: true }
services:
  users: { urls: ['\${SERVICE}'], breaker: { minimum: 1000000 } }
limits:
  often: { requests: 1, window: 1h, by: [ip] }
routes:
  - { path: /public/*, service: users, auth: none }
  - { path: /public/admin/*, service: users, roles: [admin] }
  - { path: /users/*, service: users }
  - { path: /admin/*, service: users, roles: [admin] }
  - { path: /internal/*, service: users, auth: service }
  - { path: /reading, methods: [GET], service: users, auth: none }
  - { path: /checked, service: users, auth: none, schema: { type: object, required: [name], properties: { name: { type: string } } } }
  - { path: /buffered, service: users, auth: none, request: { body: "$" } }
  - { path: /limited/*, service: users, auth: none, limit: often }
graphql: {}
telemetry: { logs: { level: info } }
`;

const SCHEMA = `
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "users", http: { baseURL: "http://localhost" })

type Query {
  me: User @connect(source: "users", http: { GET: "/me?doubling" }, selection: "id name")
  user(id: ID!): User @connect(source: "users", http: { GET: "/users/{$args.id}" }, selection: "id name")
  users(first: Int, ids: [Int]): [User] @connect(source: "users", http: { GET: "/users" }, selection: "id name")
  find(filter: Filter): [User] @connect(source: "users", http: { POST: "/find", body: "filter: $args.filter" }, selection: "id name")
  secret: String @authenticated @connect(source: "users", http: { GET: "/secret" }, selection: "$.name")
  forAdmins: String @requiresRoles(roles: ["admin"]) @connect(source: "users", http: { GET: "/for-admins" }, selection: "$.name")
}
type Mutation {
  rename(name: String!): User @connect(source: "users", http: { POST: "/rename", body: "name: $args.name" }, selection: "id name")
}
input Filter { name: String, and: [Filter!] }
type User {
  id: ID!
  name: String
  friends: [User] @connect(source: "users", http: { GET: "/friends/{$this.id}" }, selection: "id name")
}
`;

/** Starts it, with a service behind it that answers everything. */
export async function startBesiegedGateway(): Promise<BesiegedGateway> {
  const service = await startHttpService((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"id":"u1","name":"somebody"}');
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'besieged-'));
  const keys = makeKeys('rsa');
  await mkdir(path.join(folder, 'schema'));
  await writeFile(path.join(folder, 'gateway.yaml'), CONFIG);
  await writeFile(path.join(folder, 'key.pem'), keys.pem);
  await writeFile(path.join(folder, 'schema/schema.graphql'), SCHEMA);
  const portico = startPortico(['start'], {
    cwd: folder,
    env: { SERVICE: service.url, NODE_ENV: 'production', NODE_OPTIONS: '--inspect=127.0.0.1:0' },
  });
  const log = recordLog(portico);
  const [listening, debugging] = await Promise.all([
    portico.line('stdout', /^portico listening on /),
    portico.line('stderr', /^Debugger listening on ws:/),
  ]);
  const inspector = await openInspector(debugging.slice(debugging.indexOf('ws://')));
  const mint = (sub: string, roles: readonly string[]) =>
    mintToken({ sub, roles: [...roles], iss: 'https://id.test', aud: 'portico' });
  return {
    port: Number(new URL(listening.slice(listening.indexOf('http'))).port),
    service,
    means: {
      userToken: await mint('somebody', []),
      adminToken: await mint('boss', ['admin']),
      publicPem: keys.pem,
    },
    async memory() {
      await inspector.ask('HeapProfiler.collectGarbage');
      const { result } = await inspector.ask('Runtime.evaluate', {
        expression: 'JSON.stringify(process.memoryUsage())',
      });
      const { heapUsed, external, rss } = JSON.parse(result.value) as NodeJS.MemoryUsage;
      return { heap: heapUsed + external, rss };
    },
    faults: () => log.filter((line) => /"level":"(?:error|fatal)"|unhandled|uncaught|^\(node:/i.test(line)),
    isAlive: () => portico.child.exitCode === null && portico.child.signalCode === null,
    async close() {
      inspector.close();
      portico.child.kill('SIGTERM');
      await portico.finished;
      await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Lines of both streams, as they come. */
function recordLog({ child }: PorticoProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
  }
  return lines;
}

interface Inspector {
  ask(method: string, params?: object): Promise<{ readonly result: { readonly value: string } }>;
  close(): void;
}

/** Speaks to Node's inspector, which can have the process let go of garbage without a change to it. */
async function openInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, (result: never) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result: never };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  let last = 0;
  return {
    ask(method, params = {}) {
      last += 1;
      const id = last;
      socket.send(JSON.stringify({ id, method, params }));
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    close: () => socket.close(),
  };
}
