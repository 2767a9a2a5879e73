import { afterEach, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type HttpService, json, startHttpService } from '../../support/http-service.ts';

const DEEP = '{ a: me { b: friend { friend { id } } } c: me { id } d: me { name } }';
const PAGES = 'query ($first: Int) { posts(first: $first) { title } }';

let service: HttpService | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  await service?.close();
});

async function start(): Promise<string> {
  service = await startHttpService(
    json({ id: 1, name: 'Ada', posts: [{ title: 'Hello' }], friend: { id: 2, friend: { id: 3 } } }),
  );
  gateway = await startGateway({
    sdl: `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
type Query {
  me: User @connect(source: "main", http: { GET: "/me" }, selection: "id name friend { id friend { id } }")
  posts(first: Int = 20): [Post!] @listSize(slicingArguments: ["first"])
    @connect(source: "main", http: { GET: "/posts", queryParams: "limit: $args.first" }, selection: "$.posts { title }")
}
type User { id: ID! name: String friend: Friend }
type Friend { id: ID! friend: Friend }
type Post { title: String }
`,
    files: { 'documents.json': JSON.stringify({ deep: DEEP, pages: PAGES }) },
    config: `
auth: { default: none }
services: { main: { urls: ["${service.url}"] } }
graphql:
  schema: schema/*.graphql
  limits: { depth: 2, tokens: 20, aliases: 1, rootFields: 2, cost: 100 }
  trustedDocuments: { file: documents.json }
routes:
  - { path: /deep, operation: "${DEEP}" }
  - { path: /posts, operation: "${PAGES}" }
`,
  });
  return gateway.url;
}

async function ask(url: string, body?: object) {
  const response = await fetch(url, {
    ...(body && {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('routes may be as large as the operator has written them, and what they run is refused to others', async () => {
  const url = await start();
  expect(await ask(`${url}/deep`)).toMatchObject({ status: 200, body: { c: { id: '1' } } });
  const { status, body } = await ask(`${url}/graphql`, { query: `${DEEP} ` });
  expect([status, body.errors]).toMatchObject([
    400,
    [{ message: 'The document has more than 20 tokens; at most 20 are allowed' }],
  ]);
  expect((await ask(`${url}/deep`)).status).toBe(200);
});

it('documents that the operator trusts are judged by their cost alone', async () => {
  const url = await start();
  for (let i = 0; i < 2; i++) {
    const asked = await ask(`${url}/graphql`, { documentId: 'deep' });
    expect(asked).toMatchObject({ status: 200, body: { data: { c: { id: '1' } } } });
  }
  const pages = (first: number) => ask(`${url}/graphql`, { documentId: 'pages', variables: { first } });
  expect(await pages(99)).toMatchObject({ status: 200 });
  expect(await pages(100)).toMatchObject({
    status: 400,
    body: { errors: [{ message: 'The operation has a type cost of 101; at most 100 is allowed' }] },
  });
});

it('routes must keep to the cost that a client’s variables make of them', async () => {
  const url = await start();
  expect((await ask(`${url}/posts?first=99`)).status).toBe(200);
  const calls = service?.requests.length;
  expect(await ask(`${url}/posts?first=100`)).toMatchObject({
    status: 400,
    body: { detail: 'The operation has a type cost of 101; at most 100 is allowed' },
  });
  expect(service?.requests.length).toBe(calls);
});
