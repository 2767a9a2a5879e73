import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, type GatewayOptions, startGateway } from '../support/graphql-gateway.ts';
import { type RestService, type RouteAnswer, startRestService } from '../support/graphql-service.ts';

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function gateway(options: GatewayOptions): Promise<Gateway> {
  const started = await startGateway(options);
  open.unshift(started);
  return started;
}

async function service(routes: Record<string, RouteAnswer>): Promise<RestService> {
  const started = await startRestService(routes);
  open.push(started);
  return started;
}

const BLOG = `
  type Query {
    posts(first: Int = 20): [Post!]!
      @connect(source: "content", http: { GET: "/posts", queryParams: "limit: $args.first" },
               selection: "$.items { id title author: { id: author_id } }")
    post(id: ID!): Post
      @connect(source: "content", http: { GET: "/posts/{$args.id}" }, selection: "id title author: { id: author_id }")
  }
  type User @connect(source: "users", http: { GET: "/users", queryParams: "id: $batch.id->joinNotNull(',')" },
                     batch: { maxSize: 3 }, selection: "id name: full_name email") {
    id: ID!
    name: String
    email: String
  }
  type Post { id: ID!  title: String  author: User }
`;

async function blog() {
  const content = await service({
    'GET /posts': () => ({
      items: [1, 2, 3, 4, 5, 6].map((id) => ({
        id,
        title: `Post ${id}`,
        author_id: id === 6 ? null : (id % 4) + 1,
      })),
    }),
    'GET /posts/*': ({ segments }) => ({ id: segments[1], title: 'One', author_id: 2 }),
  });
  const users = await service({
    // In another order than asked for, and without user 4.
    'GET /users': ({ url }) =>
      (url.searchParams.get('id') ?? '')
        .split(',')
        .filter((id) => id !== '4')
        .reverse()
        .map((id) => ({ id: Number(id), full_name: `User ${id}`, email: `u${id}@example.test` })),
  });
  const api = await gateway({ sdl: BLOG, services: { content: content.url, users: users.url } });
  return { content, users, api };
}

describe('entities', () => {
  it('are fetched in batches, each key once, split by maxSize and matched by key', async () => {
    const { content, users, api } = await blog();
    const { body } = await api.query('{ posts(first: 6) { title author { id name } } }');
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({
      posts: [
        { title: 'Post 1', author: { id: '2', name: 'User 2' } },
        { title: 'Post 2', author: { id: '3', name: 'User 3' } },
        { title: 'Post 3', author: { id: '4', name: null } },
        { title: 'Post 4', author: { id: '1', name: 'User 1' } },
        { title: 'Post 5', author: { id: '2', name: 'User 2' } },
        { title: 'Post 6', author: null },
      ],
    });
    expect(content.calls()).toEqual(['GET /posts?limit=6']);
    expect(users.calls()).toEqual(['GET /users?id=2,3,4', 'GET /users?id=1']);
  });

  it('cost no call if the stub has all that is selected', async () => {
    const { users, api } = await blog();
    const { body } = await api.query('{ posts { author { __typename id } } }');
    expect(body.errors).toBeUndefined();
    expect(users.calls()).toEqual([]);
  });
});
