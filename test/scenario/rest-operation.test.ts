import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type HttpService, json, startHttpService } from '../support/http-service.ts';
import { mintToken, TEST_SECRET } from '../support/token.ts';

let users: HttpService;
let posts: HttpService;
let gateway: TestGateway;

beforeEach(async () => {
  users = await startHttpService(json({ id: 7, full_name: 'Ada' }));
  posts = await startHttpService(json([{ id: 1, title: 'Hello' }]));
  gateway = await startGateway({
    sdl: `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  user(id: ID!): User @connect(source: "users", http: { GET: "/users/{$args.id}" }, selection: "id name: full_name")
  posts(first: Int = 20, order: Order): [Post!]
    @connect(source: "posts", http: { GET: "/posts", queryParams: "limit: $args.first order: $args.order" }, selection: "id title")
  news: [Post!] @fallback(value: [])
    @connect(source: "posts", http: { GET: "/news" }, selection: "id title")
  me: User @authenticated @connect(source: "users", http: { GET: "/me" }, selection: "id name: full_name")
}
type Mutation {
  rename(id: ID!, name: String!): User
    @connect(source: "users", http: { PUT: "/users/{$args.id}", body: "full_name: $args.name" }, selection: "id name: full_name")
}
enum Order { NEW OLD }
type User { id: ID! name: String }
type Post { id: ID! title: String }
`,
    config: `
auth: { default: none, jwt: [{ secret: "${TEST_SECRET}" }] }
services:
  users: { urls: ["${users.url}"], retry: { attempts: 0 } }
  posts: { urls: ["${posts.url}"], retry: { attempts: 0 } }
graphql: { schema: schema/*.graphql }
routes:
  - path: /home/{id}
    operation: "query ($id: ID!, $first: Int, $order: Order) { user(id: $id) { name } posts(first: $first, order: $order) { title } }"
  - { path: "/users/{id}", operation: "query ($id: ID!) { user(id: $id) { id name } }", methods: [GET] }
  - path: /users/{id}
    methods: [PUT]
    operation: "mutation ($id: ID!, $name: String!) { rename(id: $id, name: $name) { id name } }"
    schema: { type: object, required: [name] }
    response: { body: "$.rename" }
  - { path: /news, operation: "{ news { title } }" }
  - { path: /me, operation: "{ me { name } }", auth: optional }`,
  });
});
afterEach(async () => {
  await gateway.close();
  await users.close();
  await posts.close();
});

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(gateway.url + path, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test('one route, two services, the data alone', async () => {
  const { status, headers, body } = await ask('/home/a%2Fb?first=3&order=NEW');
  expect([status, body]).toEqual([200, { user: { name: 'Ada' }, posts: [{ title: 'Hello' }] }]);
  expect(headers.get('x-request-id')).toBe(users.requests[0]?.headers['x-request-id']);
  expect(users.requests[0]?.url).toBe('/users/a%2Fb');
  expect(posts.requests[0]?.url).toBe('/posts?limit=3&order=NEW');
});

test('a bad parameter is refused before a call is made', async () => {
  const { status, body } = await ask('/home/1?first=x&order=OLDEST');
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    { parameter: 'first', detail: 'must be a whole number' },
    { parameter: 'order', detail: 'must be one of NEW, OLD' },
  ]);
  expect([users.requests, posts.requests]).toEqual([[], []]);
});

test('one service that fails leaves the data of the other', async () => {
  await users.die();
  const { status, headers, body } = await ask('/home/1');
  expect(status).toBe(200);
  expect(headers.get('x-portico-partial')).toBe('1');
  expect(body).toEqual({ user: null, posts: [{ title: 'Hello' }] });
});

test('a fallback in the answer shows in its headers', async () => {
  expect((await ask('/news')).headers.get('x-portico-fallback')).toBeNull();
  await posts.die();
  const { headers, body } = await ask('/news');
  expect(body).toEqual({ news: [] });
  expect(headers.get('x-portico-fallback')).toBe('value');
});

test('the only service that fails decides the answer', async () => {
  users.behave(json({ message: 'boom' }, 500));
  expect(await ask('/users/7')).toMatchObject({ status: 502, body: { title: 'Bad gateway' } });
  await users.die();
  expect(await ask('/users/7')).toMatchObject({ status: 502, body: { title: 'Bad gateway' } });
});

test('a mutation takes its values from path and body, and shows what its mapping makes of it', async () => {
  const put = (body: unknown) =>
    ask('/users/7', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect(await put({ name: 'Eve' })).toMatchObject({ status: 200, body: { id: '7', name: 'Ada' } });
  expect(`${users.requests[0]?.body}`).toBe('{"full_name":"Eve"}');
  expect(await put({ nam: 'Eve' })).toMatchObject({ status: 400, body: { errors: [{ pointer: '/name' }] } });
  users.behave(json({ message: 'taken' }, 409));
  expect(await put({ name: 'Eve' })).toMatchObject({ status: 409, body: { title: 'Conflict' } });
});

test('what needs a caller refuses those without', async () => {
  const refused = await ask('/me');
  expect(refused).toMatchObject({ status: 401, body: { title: 'Authentication required' } });
  expect(refused.headers.get('www-authenticate')).toContain('Bearer');
  const token = await mintToken({ sub: 'u7' });
  const answered = await ask('/me', { headers: { authorization: `Bearer ${token}` } });
  expect(answered).toMatchObject({ status: 200, body: { me: { name: 'Ada' } } });
  expect(users.requests[0]?.headers['x-user-id']).toBe('u7');
});
