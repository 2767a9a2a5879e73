import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Behaviour, type HttpService, json, startHttpService } from '../support/http-service.ts';

/*
 * A schema as the quickstart of the Connectors documentation has it, run as it is written: only gateway.yaml knows
 * that its source is not the public service here.
 */

const SCHEMA = readFileSync(path.join(import.meta.dirname, '../blueprint/good/quickstart.graphql'), 'utf8');

const users = [
  {
    id: 1,
    name: 'Ida Lund',
    username: 'ida',
    email: 'ida@example.test',
    address: { street: 'Kaigata 1', city: 'Bergen', geo: { lat: '60.39', lng: '5.32' } },
  },
  { id: 2, name: 'Ola Berg', username: 'ola', email: 'ola@example.test', address: null },
];
const posts = [
  { userId: 1, id: 11, title: 'Rain', body: 'It rains.' },
  { userId: 2, id: 12, title: 'Sun', body: 'It shines.' },
  { userId: 1, id: 13, title: 'Snow', body: 'It snows.' },
];
const comments = [{ postId: 11, id: 21, name: 'Yes', email: 'ola@example.test', body: 'It does.' }];

const answer: Behaviour = (request, response, seen) => {
  const [, collection, id, below] = (request.url ?? '').split('/');
  const all: readonly { readonly id: number }[] = collection === 'users' ? users : posts;
  const one = all.find((item) => String(item.id) === id);
  let found: unknown = id === undefined ? all : one;
  if (below === 'posts') found = posts.filter(({ userId }) => String(userId) === id);
  if (below === 'comments') found = comments.filter(({ postId }) => String(postId) === id);
  return json(found ?? {}, found === undefined ? 404 : 200)(request, response, seen);
};

let service: HttpService;
let gateway: TestGateway;

beforeAll(async () => {
  service = await startHttpService(answer);
  gateway = await startGateway({
    sdl: SCHEMA,
    config: `services: { jsonPlaceholder: { urls: ["${service.url}"] } }\ngraphql: {}\n`,
  });
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});
beforeEach(() => {
  service.requests.length = 0;
});

async function ask(query: string): Promise<unknown> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

function calls(): string[] {
  return service.requests.map(({ method, url }) => `${method} ${url}`).sort();
}

test('a list, mapped to the type', async () => {
  expect(await ask('{ posts { id title author { id } } }')).toEqual({
    data: {
      posts: [
        { id: '11', title: 'Rain', author: { id: '1' } },
        { id: '12', title: 'Sun', author: { id: '2' } },
        { id: '13', title: 'Snow', author: { id: '1' } },
      ],
    },
  });
  expect(calls()).toEqual(['GET /posts']);
});

test('one by its argument, with objects within objects, and null for what is not there', async () => {
  expect(
    await ask(`{
      ida: user(id: 1) { username address { city at { latitude longitude } } }
      ola: user(id: 2) { username address { city } }
      nobody: user(id: 3) { username }
    }`),
  ).toEqual({
    data: {
      ida: { username: 'ida', address: { city: 'Bergen', at: { latitude: '60.39', longitude: '5.32' } } },
      ola: { username: 'ola', address: null },
      nobody: null,
    },
  });
  expect(calls()).toEqual(['GET /users/1', 'GET /users/2', 'GET /users/3']);
});

test('an entity is fetched for what its stub lacks, once for each key', async () => {
  expect(await ask('{ posts { title author { name } } }')).toEqual({
    data: {
      posts: [
        { title: 'Rain', author: { name: 'Ida Lund' } },
        { title: 'Sun', author: { name: 'Ola Berg' } },
        { title: 'Snow', author: { name: 'Ida Lund' } },
      ],
    },
  });
  expect(calls()).toEqual(['GET /posts', 'GET /users/1', 'GET /users/2']);
});

test('fields with connectors of their own, and the entity again behind them', async () => {
  expect(
    await ask('{ post(id: 11) { comments { text email } author { posts { title body author { id } } } } }'),
  ).toEqual({
    data: {
      post: {
        comments: [{ text: 'It does.', email: 'ola@example.test' }],
        author: {
          posts: [
            { title: 'Rain', body: 'It rains.', author: { id: '1' } },
            { title: 'Snow', body: 'It snows.', author: { id: '1' } },
          ],
        },
      },
    },
  });
  // The post is asked for once, although it is both the field and one of the author's posts.
  expect(calls()).toEqual(['GET /posts/11', 'GET /posts/11/comments', 'GET /posts/13', 'GET /users/1/posts']);
});
