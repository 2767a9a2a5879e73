import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { cutBeforeBody, type HttpService, json, startHttpService, text } from '../support/http-service.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  posts: [Post] @connect(source: "content", http: { GET: "/posts" }, selection: "id title")
}
type Mutation {
  addPost(title: String): Post
    @connect(source: "content", http: { POST: "/posts", body: "title: $args.title" }, selection: "id title")
}
type Post { id: ID title: String }
`;

const POSTS = [{ id: 1, title: 'one' }];
const KEEP = { 'cache-control': 'max-age=60', etag: '"v1"', 'cache-status': 'origin; hit' };

let service: HttpService;
let gateway: TestGateway;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  service = await startHttpService(json(POSTS, 200, KEEP));
  gateway = await startGateway({
    sdl: SDL,
    clock,
    config: `
server: { requestTimeout: 1000s }
auth: { jwt: [{ secret: "${TEST_SECRET}", algorithms: [HS256] }], default: optional }
services:
  content: { urls: ["${service.url}"], cache: true, retry: { attempts: 0 } }
  plain: { urls: ["${service.url}"], retry: { attempts: 0 } }
routes:
  - { path: /api/posts, service: content, rewrite: /posts }
  - { path: /live/posts, service: content, rewrite: /posts, cache: false }
  - { path: /titles, methods: [GET, HEAD], service: content, rewrite: /posts, response: { body: $.title } }
  - { path: /plain/posts, service: plain, rewrite: /posts }
  - { path: /kept/posts, service: plain, rewrite: /posts, cache: true }
graphql: {}
`,
  });
});

afterEach(async () => {
  await gateway.close();
  await service.close();
});

async function rest(path: string, init: RequestInit = {}) {
  const response = await fetch(`${gateway.url}${path}`, init);
  const { status, headers } = response;
  return {
    status,
    says: headers.get('cache-status'),
    age: headers.get('age'),
    etag: headers.get('etag'),
    text: await response.text(),
  };
}

async function query(document: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: document }),
  });
  return (await response.json()) as unknown;
}

const TEXT = JSON.stringify(POSTS);

it('what one door has fetched, the other need not', async () => {
  expect(await query('{ posts { id } }')).toEqual({ data: { posts: [{ id: '1' }] } });
  expect(await rest('/api/posts')).toEqual({
    status: 200,
    says: 'origin; hit, portico; hit',
    age: '0',
    etag: '"v1"',
    text: TEXT,
  });
  clock.advance(10_000);
  expect(await query('{ posts { title } }')).toEqual({ data: { posts: [{ title: 'one' }] } });
  expect((await rest('/api/posts')).age).toBe('10');
  expect((await rest('/titles')).says).toBe('origin; hit, portico; hit');
  expect(service.requests).toHaveLength(1);
});

it('routes say what the cache did', async () => {
  expect(await rest('/api/posts')).toMatchObject({
    says: 'origin; hit, portico; fwd=uri-miss; stored',
    age: null,
  });
  expect((await rest('/live/posts')).says).toBe('origin; hit, portico; fwd=bypass');
  expect((await rest('/plain/posts')).says).toBe('origin; hit');
  expect((await rest('/kept/posts')).says).toBe('origin; hit, portico; fwd=uri-miss; stored');
  expect((await rest('/kept/posts')).says).toBe('origin; hit, portico; hit');
  expect((await rest('/plain/posts')).says).toBe('origin; hit');
  clock.advance(60_000);
  service.behave(text('', 304, { 'cache-control': 'max-age=60' }));
  expect(await rest('/api/posts')).toMatchObject({
    status: 200,
    says: 'origin; hit, portico; fwd=stale; fwd-status=304',
    age: null,
    text: TEXT,
  });
});

it('clients may ask for less than all of it, and for nothing but what is kept', async () => {
  const missing = await rest('/api/posts', { headers: { 'cache-control': 'only-if-cached' } });
  expect([missing.status, JSON.parse(missing.text)]).toMatchObject([
    504,
    { title: 'Gateway timeout', type: 'urn:portico:error:not-cached' },
  ]);
  await rest('/api/posts');
  // Left to itself, fetch adds a no-cache to a condition.
  const condition = { 'if-none-match': '"v1"', 'cache-control': 'max-age=60' };
  expect(await rest('/api/posts', { headers: condition })).toEqual({
    status: 304,
    says: 'origin; hit, portico; hit',
    age: '0',
    etag: '"v1"',
    text: '',
  });
  expect(await rest('/api/posts', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  expect(await rest('/titles', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  expect(service.requests).toHaveLength(1);
});

it('each caller has an own answer, through both doors', async () => {
  const bearer = async (sub: string) => `Bearer ${await mintToken({ sub }, { wall: clock.wall() })}`;
  const [ann, bob] = [await bearer('ann'), await bearer('bob')];
  service.behave((request, response, seen) =>
    json([{ id: request.headers['x-user-id'] }], 200, KEEP)(request, response, seen),
  );
  const as = (authorization: string) => query('{ posts { id } }', { authorization });
  expect(await as(ann)).toEqual({ data: { posts: [{ id: 'ann' }] } });
  expect(await as(bob)).toEqual({ data: { posts: [{ id: 'bob' }] } });
  expect(await as(ann)).toEqual({ data: { posts: [{ id: 'ann' }] } });
  expect(service.requests).toHaveLength(2);
  // A route passes the token on as well, and the service has not said that such an answer may be kept.
  for (const authorization of [ann, ann, bob]) await rest('/api/posts', { headers: { authorization } });
  expect(service.requests).toHaveLength(5);
});

it('a mutation makes way for what is new', async () => {
  await rest('/api/posts');
  service.behave(json({ id: 2, title: 'two' }));
  await query('mutation { addPost(title: "two") { id } }');
  service.behave(json([], 200, KEEP));
  expect(await query('{ posts { id } }')).toEqual({ data: { posts: [] } });
  await rest('/api/posts', { method: 'DELETE' });
  expect((await rest('/api/posts')).says).toContain('fwd=uri-miss');
});

it('an answer that broke off says nothing of the cache', async () => {
  service.behave((request, response, seen) => {
    response.setHeader('cache-control', 'max-age=60');
    return cutBeforeBody(request, response, seen);
  });
  expect(await rest('/api/posts')).toMatchObject({ status: 502, says: null, age: null });
  service.behave(json(POSTS, 200, KEEP));
  expect((await rest('/api/posts')).says).toContain('fwd=uri-miss');
});

it('what is kept outlives a reload that leaves the service alone', async () => {
  await rest('/api/posts');
  await gateway.reload({ sdl: SDL.replace('title: String }', 'title: String! }') });
  expect((await rest('/api/posts')).says).toContain('portico; hit');
});
