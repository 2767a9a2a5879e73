import { afterEach, describe, expect, it } from 'vitest';
import { startGateway as startEngine } from '../support/graphql-gateway.ts';
import { Reply, startRestService } from '../support/graphql-service.ts';

const SDL = `
type Query {
  posts: [Post] @connect(source: "main", http: { GET: "/posts" }, selection: "id title author: { id: author }")
  greeting(name: String): String
    @connect(source: "main", http: { GET: "/posts" }, selection: "$args.name")
}
type Post { id: ID! title: String author: User }
type User @key(fields: "id")
  @connect(source: "main", http: { GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 10 }, selection: "id name") {
  id: ID!
  name: String!
}
`;

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

async function start() {
  const state = { title: 'one', name: 'ann', down: false };
  const service = await startRestService({
    'GET /posts': () => [1, 2].map((id) => ({ id, title: state.title, author: 7 })),
    'GET /users': () => {
      return state.down ? new Reply(500, {}) : [{ id: 7, name: state.name }];
    },
  });
  closing.push(() => service.close());
  const gateway = await startEngine({ sdl: SDL, services: { main: service.url } });
  closing.push(() => gateway.close());
  return { state, service, gateway };
}

describe('answers whose every part came before', () => {
  const QUERY = '{ posts { title author { name } } }';

  it('are asked for each time, and follow each change of a service at once', async () => {
    const { state, service, gateway } = await start();
    const run = async () => (await gateway.query(QUERY)).body;
    const expected = (title: string, name: string) => ({
      data: { posts: [1, 2].map(() => ({ title, author: { name } })) },
    });
    for (let i = 0; i < 6; i++) expect(await run()).toEqual(expected('one', 'ann'));
    expect(service.requests.length).toBe(12);
    state.title = 'two';
    for (let i = 0; i < 4; i++) expect(await run()).toEqual(expected('two', 'ann'));
    state.name = 'bob';
    for (let i = 0; i < 4; i++) expect(await run()).toEqual(expected('two', 'bob'));
    state.title = 'one';
    expect(await run()).toEqual(expected('one', 'bob'));
  });

  it('are not taken for those in which a call failed', async () => {
    const { state, gateway } = await start();
    for (let i = 0; i < 5; i++) expect((await gateway.query(QUERY)).body.errors).toBeUndefined();
    state.down = true;
    const failed = (await gateway.query(QUERY)).body;
    expect(failed.data).toEqual({ posts: [1, 2].map(() => ({ title: 'one', author: null })) });
    expect(failed.errors).toHaveLength(2);
    state.down = false;
    expect((await gateway.query(QUERY)).body.errors).toBeUndefined();
  });

  it('never hold what a variable has put there', async () => {
    const { gateway } = await start();
    for (const name of ['a', 'b', 'a', 'a', 'b', 'c', 'a']) {
      const { body } = await gateway.query('query ($name: String) { greeting(name: $name) }', {
        variables: { name },
      });
      expect(body).toEqual({ data: { greeting: name } });
    }
  });
});
