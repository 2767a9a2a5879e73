import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Behaviour, type HttpService, hang, json, startHttpService } from '../support/http-service.ts';

const WINDOW = 10_000;
const TIMEOUT = 300;
/** A try and a second one, and room for a slow machine: what takes longer hangs. */
const HANGS = 10 * TIMEOUT + 3000;

const SDL = `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  posts: [Post!] @connect(source: "content", http: { GET: "/posts" }, selection: "id title")
  me: User @connect(source: "users", http: { GET: "/me" }, selection: "id name")
  team: [User!] @connect(source: "users", http: { GET: "/team" }, selection: "id name") @fallback(value: [])
}
type Post { id: ID! title: String }
type User { id: ID! name: String }
`;

const QUERY = '{ posts { id } me { id name } team { id } }';

let users: HttpService;
let content: HttpService;
let gateway: TestGateway;

beforeEach(async () => {
  users = await startHttpService(healthy);
  content = await startHttpService(json([{ id: 1, title: 'Hello' }]));
  gateway = await startGateway({
    sdl: SDL,
    config: `
services:
  users:
    urls: ["${users.url}"]
    timeout: ${TIMEOUT}ms
    breaker: { failureRate: 50%, window: ${WINDOW}ms, minimum: 10, openFor: 400ms }
  content: { urls: ["${content.url}"] }
graphql: { schema: schema/*.graphql }
routes:
  - { path: /users/*, service: users, rewrite: /* }
  - { path: /covered/*, service: users, rewrite: /*, fallback: { body: { id: 0 } } }
  - { path: /kept/*, service: users, rewrite: /*, fallback: { stale: 5m } }
  - { path: /posts, service: content }`,
  });
});
afterEach(async () => {
  await gateway.close();
  await users.close();
  await content.close();
});

const healthy: Behaviour = (request, response, seen) =>
  json(request.url === '/team' ? [{ id: 2, name: 'Bob' }] : { id: 1, name: 'Ada' })(request, response, seen);

describe('one service fails under load, at both doors', () => {
  test.each<[string, () => unknown, () => unknown, string]>([
    ['killed', () => users.die(), () => users.comeBack(), 'UPSTREAM_UNREACHABLE'],
    ['hanging', () => users.behave(hang), () => users.behave(healthy), 'UPSTREAM_TIMEOUT'],
  ])('%s', async (_, fail, recover, code) => {
    const load = startLoad(4);
    await load.until((outcomes) => outcomes.filter(isWhole).length >= 40);

    const failedAt = performance.now();
    await fail();
    await load.until((outcomes) => codesOf(outcomes).has('CIRCUIT_OPEN') && statusesOf(outcomes).has(503));
    expect(performance.now() - failedAt).toBeLessThan(WINDOW);
    expect(codesOf(load.outcomes)).toContain(code);
    // Calls go on to be refused, and nobody waits for them.
    const mark = load.outcomes.length;
    await load.until((outcomes) => outcomes.length >= mark + 40);

    await recover();
    await load.until((outcomes) => outcomes.slice(-40).every(isWhole));
    await load.stop();
    expect(load.outcomes.flatMap((outcome) => outcome.wrong)).toEqual([]);
  });
});

interface Outcome {
  readonly door: string;
  /** Status of the answer at the REST door, code of the error at the other; undefined if all is well. */
  readonly fault: number | string | undefined;
  /** What is not as it should be, whatever the service does. */
  readonly wrong: string[];
}

function isWhole({ fault }: Outcome): boolean {
  return fault === undefined;
}

function codesOf(outcomes: readonly Outcome[]): Set<unknown> {
  return new Set(outcomes.map(({ fault }) => fault));
}
const statusesOf = codesOf;

/** Workers that ask all doors in turn, without a pause, until they are stopped. */
function startLoad(workers: number) {
  const outcomes: Outcome[] = [];
  const doors = [askGraphql, askRoute, askCovered, askKept, askPosts];
  let stopped = false;
  let waiting: (() => void)[] = [];
  const work = async (): Promise<void> => {
    for (let turn = 0; !stopped; turn++) {
      const ask = doors[turn % doors.length] as () => Promise<Outcome>;
      outcomes.push(
        await ask().catch((error) => ({ door: ask.name, fault: 'none', wrong: [`${ask.name}: ${error}`] })),
      );
      for (const wake of waiting.splice(0)) wake();
    }
  };
  const done = Promise.all(Array.from({ length: workers }, work));
  return {
    outcomes,
    async until(condition: (outcomes: readonly Outcome[]) => boolean): Promise<void> {
      while (!condition(outcomes)) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async stop(): Promise<void> {
      stopped = true;
      await done;
      waiting = [];
    },
  };
}

function expected(door: string, checks: Readonly<Record<string, boolean>>, seen: unknown): string[] {
  return Object.entries(checks).flatMap(([name, holds]) =>
    holds ? [] : [`${door}: ${name}: ${JSON.stringify(seen)}`],
  );
}

async function get(path: string): Promise<{ response: Response; body: Record<string, unknown> }> {
  const response = await fetch(gateway.url + path, { signal: AbortSignal.timeout(HANGS) });
  return { response, body: (await response.json()) as Record<string, unknown> };
}

interface GraphqlBody {
  data: { posts: unknown[] | null; me: object | null; team: unknown[] | null };
  errors?: { path: string[]; extensions: Record<string, unknown> }[];
  extensions?: { fallbacks?: unknown[] };
}

async function askGraphql(): Promise<Outcome> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: QUERY }),
    signal: AbortSignal.timeout(HANGS),
  });
  const body = (await response.json()) as GraphqlBody;
  const [error] = body.errors ?? [];
  const code = error?.extensions.code as string | undefined;
  const checks = {
    'the rest of the data comes': response.status === 200 && body.data?.posts?.length === 1,
    'what fails is null, with its path': (body.data?.me === null) === (error?.path.join('.') === 'me'),
    'one error, for the fallback covers the other': (body.errors?.length ?? 0) <= 1,
    'it says what and for whom': error === undefined || isFullError(error.extensions),
    'the fallback stands in': body.data?.team?.length === 1 || body.extensions?.fallbacks?.length === 1,
  };
  return { door: 'graphql', fault: code, wrong: expected('graphql', checks, body) };
}

function isFullError(extensions: Record<string, unknown>): boolean {
  const known = ['UPSTREAM_UNREACHABLE', 'UPSTREAM_TIMEOUT', 'CIRCUIT_OPEN'];
  return (
    known.includes(`${extensions.code}`) &&
    extensions.service === 'users' &&
    typeof extensions.requestId === 'string'
  );
}

async function askRoute(): Promise<Outcome> {
  const { response, body } = await get('/users/me');
  const { status } = response;
  if (status === 200) return { door: 'route', fault: undefined, wrong: [] };
  const title = { 502: 'Bad gateway', 503: 'Service unavailable', 504: 'Gateway timeout' }[status];
  const checks = {
    'a problem of RFC 9457': response.headers.get('content-type') === 'application/problem+json',
    'with its title': title !== undefined && body.title === title && body.status === status,
    'told when to come again': status !== 503 || Number(response.headers.get('retry-after')) > 0,
    'with the request id': body.requestId === response.headers.get('x-request-id'),
  };
  return { door: 'route', fault: status, wrong: expected('route', checks, body) };
}

async function askCovered(): Promise<Outcome> {
  const { response, body } = await get('/covered/me');
  const stands = response.headers.get('x-portico-fallback');
  const checks = {
    'always good': response.status === 200,
    'its own answer or the value': stands === null ? body.id === 1 : stands === 'value' && body.id === 0,
  };
  return { door: 'covered', fault: undefined, wrong: expected('covered', checks, body) };
}

async function askKept(): Promise<Outcome> {
  const { response, body } = await get('/kept/me');
  const stands = response.headers.get('x-portico-fallback');
  const checks = {
    'always good': response.status === 200 && body.id === 1,
    'an old one says so': stands === null || (stands === 'stale' && response.headers.has('age')),
  };
  return { door: 'kept', fault: undefined, wrong: expected('kept', checks, body) };
}

async function askPosts(): Promise<Outcome> {
  const { response, body } = await get('/posts');
  const checks = { 'a healthy service is not touched': response.status === 200 };
  return { door: 'posts', fault: undefined, wrong: expected('posts', checks, body) };
}
