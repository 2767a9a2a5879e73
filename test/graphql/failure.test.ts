import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/kernel/error.ts';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import { testScope } from '../support/graphql-server.ts';
import { Reply } from '../support/graphql-service.ts';
import { cutBody, hang, json, reset, text } from '../support/http-service.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  type Query {
    user(id: ID!): User @connect(source: "users", http: { GET: "/users/{$args.id}" }, selection: "id name age role tags")
    me: User @connect(source: "users", http: { GET: "/me" }, selection: "id name age role tags")
    mapped: Ref @connect(source: "users", http: { GET: "/mapped" }, selection: "id",
      errors: { message: "error.text", extensions: "code: error.kind http: { retry: $response.headers.'retry-after'->first } hint: $(\\"see\\")" })
    judged: Ref @connect(source: "users", http: { GET: "/judged" }, selection: "id: user_id", isSuccess: "ok",
      errors: { message: "why" })
    constant: String @connect(source: "users", http: { GET: "/html" }, selection: "$(\\"here\\")")
    note: String @connect(source: "users", http: { GET: "/text" }, selection: "$")
    other: String @connect(source: "others", http: { GET: "/" }, selection: "$.text")
  }
  type Mutation {
    drop(id: ID!): Ref @connect(source: "users", http: { DELETE: "/users/{$args.id}" }, selection: "id")
  }
  type User { id: ID!  name: String  age: Int  role: Role  tags: [Int] }
  type Ref { id: ID! }
  enum Role { ADMIN GUEST }
`;

async function start(timeout = '30s') {
  const users = await service({});
  const others = await service({ 'GET /': () => ({ text: 'still here' }) });
  const api = await gateway({
    sdl: SDL,
    services: {
      users: { urls: [users.url], retry: { attempts: 0 }, timeout },
      others: others.url,
    },
  });
  return { users, others, api };
}

describe('a failed call', () => {
  it('is null with one error of the documented form, and the rest still comes', async () => {
    const { users, api } = await start();
    users.behave(json({ secret: 'inner workings' }, 503));
    const { status, body } = await api.query('{ me { id name } other }', {
      headers: { 'x-request-id': 'r-7' },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: { me: null, other: 'still here' },
      errors: [
        {
          message: 'Service "users" answered with status 503',
          locations: [{ line: 1, column: 3 }],
          path: ['me'],
          extensions: {
            code: 'UPSTREAM_STATUS',
            service: 'users',
            connector: { coordinate: 'Query.me@connect[0]' },
            http: { status: 503 },
            requestId: 'r-7',
          },
        },
      ],
    });
  });

  const broken = [
    ['no connection', 'UPSTREAM_UNREACHABLE', reset],
    ['not HTTP', 'UPSTREAM_UNREACHABLE', (request) => void request.socket.end('hello\r\n\r\n')],
    ['no JSON', 'UPSTREAM_INVALID', text('<h1>Welcome</h1>', 200, { 'content-type': 'text/html' })],
    ['half of the JSON', 'UPSTREAM_INVALID', text('{"id":', 200, { 'content-type': 'application/json' })],
    [
      'more than can be held',
      'UPSTREAM_INVALID',
      text(`{"id":"${'x'.repeat(17 * 2 ** 20)}"}`, 200, { 'content-type': 'application/json' }),
    ],
    [
      'text where an object is mapped',
      'UPSTREAM_INVALID',
      text('oops', 200, { 'content-type': 'text/plain' }),
    ],
  ] as [string, string, Parameters<Awaited<ReturnType<typeof start>>['users']['behave']>[0]][];
  it.each(broken)('with %s', async (_name, code, behaviour) => {
    const { users, api } = await start();
    users.behave(behaviour);
    const { body } = await api.query('{ me { id } }');
    expect(body.data).toEqual({ me: null });
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.extensions).toMatchObject({ code, service: 'users' });
    expect(JSON.stringify(body.errors)).not.toMatch(/Welcome|oops|127\.0\.0\.1|ECONN/);
  });

  it('that breaks off in the body', async () => {
    const { users, api } = await start();
    users.behave(cutBody);
    const { body } = await api.query('{ me { id } other }');
    expect(body.data).toEqual({ me: null, other: 'still here' });
    expect(body.errors?.[0]?.extensions.code).toMatch(/^UPSTREAM_/);
  });

  it('that takes too long', async () => {
    const { users, api } = await start('50ms');
    users.behave(hang);
    const { body } = await api.query('{ me { id } other }');
    expect(body.data).toEqual({ me: null, other: 'still here' });
    expect(body.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_TIMEOUT', service: 'users' } }]);
  });

  it('that the deadline of the request ends', async () => {
    const { users, api } = await start();
    users.behave(hang);
    const deadline = new AbortController();
    const answer = api.engine.execute({ document: '{ me { id } }' }, testScope({ signal: deadline.signal }));
    await users.received(1);
    deadline.abort(new GatewayError('DEADLINE_EXCEEDED', 'Gateway timeout'));
    expect(JSON.parse((await answer).text)).toMatchObject({
      data: { me: null },
      errors: [{ extensions: { code: 'UPSTREAM_TIMEOUT', service: 'users' } }],
    });
  });

  it('says what errors.message and errors.extensions make of the answer', async () => {
    const { users, api } = await start();
    users.behave(json({ error: { text: 'Out of office', kind: 'AWAY' } }, 500, { 'retry-after': '9' }));
    const { body } = await api.query('{ mapped { id } }');
    expect(body.errors).toMatchObject([
      {
        message: 'Out of office',
        extensions: {
          code: 'AWAY',
          service: 'users',
          connector: { coordinate: 'Query.mapped@connect[0]' },
          http: { status: 500, retry: '9' },
          hint: 'see',
          requestId: 'request-1',
        },
      },
    ]);
  });

  it('is one that isSuccess rejects, whatever the status; one that it accepts is none', async () => {
    const { users, api } = await start();
    users.behave(json({ ok: false, why: 'Not today' }));
    const rejected = await api.query('{ judged { id } }');
    expect(rejected.body.errors).toMatchObject([
      { message: 'Not today', extensions: { code: 'UPSTREAM_STATUS', http: { status: 200 } } },
    ]);
    users.behave(json({ ok: true, user_id: 4 }, 404));
    const accepted = await api.query('{ judged { id } }');
    expect(accepted.body).toEqual({ data: { judged: { id: '4' } } });
  });
});

describe('404', () => {
  it('on a nullable value fetched by key is null without an error', async () => {
    const { users, api } = await start();
    users.behave(json({ error: 'no such user' }, 404));
    const { body } = await api.query('{ user(id: 1) { id } }');
    expect(body).toEqual({ data: { user: null } });
  });

  it('elsewhere is an error', async () => {
    const { users, api } = await start();
    users.behave(json({}, 404));
    const me = await api.query('{ me { id } }');
    expect(me.body.errors).toMatchObject([
      { extensions: { code: 'UPSTREAM_STATUS', http: { status: 404 } } },
    ]);
    const drop = await api.query('mutation { drop(id: 1) { id } }');
    expect(drop.body.errors).toMatchObject([
      { extensions: { code: 'UPSTREAM_STATUS', http: { status: 404 } } },
    ]);
  });
});

describe('a body that is not JSON', () => {
  it('does no harm where the mapping does not look at it', async () => {
    const { users, api } = await start();
    users.behave(text('<h1>Welcome</h1>', 200, { 'content-type': 'text/html' }));
    expect((await api.query('{ constant }')).body).toEqual({ data: { constant: 'here' } });
    users.behave(text('', 204));
    expect((await api.query('{ constant me { id } }')).body).toMatchObject({ data: { constant: 'here' } });
  });

  it('is a string if it is plain text, and JSON if it turns out to be', async () => {
    const { users, api } = await start();
    users.behave(text('well, 42', 200, { 'content-type': 'text/plain; charset=utf-8' }));
    expect((await api.query('{ note }')).body).toEqual({ data: { note: 'well, 42' } });
    users.behave(text('{"id": 1}', 200, { 'content-type': 'text/html' }));
    expect((await api.query('{ me { id } }')).body).toEqual({ data: { me: { id: '1' } } });
  });
});

describe('values that do not fit the schema', () => {
  it('are null with UPSTREAM_INVALID and do not show', async () => {
    const { users, api } = await start();
    users.behave(
      json({ id: 1, name: { first: 'hidden' }, age: 'hidden', role: 'hidden', tags: [1, 'hidden', 3] }),
    );
    const { body } = await api.query('{ me { id name age role tags } }');
    expect(body.data).toEqual({ me: { id: '1', name: null, age: null, role: null, tags: [1, null, 3] } });
    const paths = body.errors?.map(({ path }) => path?.join('.')).sort();
    expect(paths).toEqual(['me.age', 'me.name', 'me.role', 'me.tags.1']);
    for (const error of body.errors ?? []) {
      expect(error.extensions).toMatchObject({
        code: 'UPSTREAM_INVALID',
        service: 'users',
        connector: { coordinate: 'Query.me@connect[0]' },
      });
    }
    expect(JSON.stringify(body.errors)).not.toContain('hidden');
  });

  it('take their object with them where null may not stand', async () => {
    const { users, api } = await start();
    users.behave(json({ name: 'No id' }));
    const { body } = await api.query('{ me { id name } }');
    expect(body.data).toEqual({ me: null });
    expect(body.errors).toMatchObject([
      {
        message: 'Cannot return null for non-nullable field User.id.',
        path: ['me', 'id'],
        extensions: { code: 'UPSTREAM_INVALID' },
      },
    ]);
  });

  it.each([
    ['a list', [{ id: 1 }]],
    ['text', 'hello'],
  ])('%s for an object', async (_name, value) => {
    const { users, api } = await start();
    users.behave(json(value));
    const { body } = await api.query('{ me { id } }');
    expect(body.data).toEqual({ me: null });
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.extensions.code).toBe('UPSTREAM_INVALID');
  });
});

describe('a failed entity call', () => {
  const SOCIAL = `
    type Query { posts: [Post] @connect(source: "posts", http: { GET: "/posts" }, selection: "title author: { id: author }") }
    type Post { title: String  author: User }
    type User @connect(source: "users", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name bio handle") {
      id: ID!  name: String  bio: String  handle: String!
    }
  `;

  async function social() {
    const posts = await service({
      'GET /posts': () => [
        { title: 'A', author: 1 },
        { title: 'B', author: 2 },
      ],
    });
    const users = await service({ 'GET /users': () => new Reply(500, {}) });
    const api = await gateway({ sdl: SOCIAL, services: { posts: posts.url, users: users.url } });
    return { users, api };
  }

  it('is told once for each object, at the first field that needed it', async () => {
    const { users, api } = await social();
    const { body } = await api.query('{ posts { title author { id bio name } } }');
    expect(body.data).toEqual({
      posts: [
        { title: 'A', author: { id: '1', bio: null, name: null } },
        { title: 'B', author: { id: '2', bio: null, name: null } },
      ],
    });
    expect(body.errors?.map(({ path }) => path)).toEqual([
      ['posts', 0, 'author', 'bio'],
      ['posts', 1, 'author', 'bio'],
    ]);
    expect(body.errors?.[0]?.extensions).toMatchObject({
      code: 'UPSTREAM_STATUS',
      service: 'users',
      connector: { coordinate: 'User@connect[0]' },
      http: { status: 500 },
    });
    expect(users.requests).toHaveLength(1);
  });

  it('is told at the field that takes the object with it', async () => {
    const { api } = await social();
    const { body } = await api.query('{ posts { author { id name handle bio } } }');
    expect(body.data).toEqual({ posts: [{ author: null }, { author: null }] });
    expect(body.errors?.map(({ path }) => path)).toEqual([
      ['posts', 0, 'author', 'handle'],
      ['posts', 1, 'author', 'handle'],
    ]);
  });
});

describe('an answer that does not fit a number or a stack', () => {
  async function one() {
    const main = await service({});
    const api = await gateway({
      sdl: `
        scalar Document
        type Query {
          row: Row @connect(source: "main", http: { GET: "/" }, selection: "id document")
          text: String @connect(source: "main", http: { GET: "/" }, selection: "document->jsonStringify")
          fine: Int @connect(selection: "$(1)")
        }
        type Row { id: ID  document: Document }
      `,
      services: { main: main.url },
    });
    return { main, api };
  }

  it('keeps all digits of an id', async () => {
    const { main, api } = await one();
    main.behave(text('{"id":9223372036854775807}', 200, { 'content-type': 'application/json' }));
    expect((await api.query('{ row { id } }')).body).toEqual({
      data: { row: { id: '9223372036854775807' } },
    });
  });

  it('fails alone, however deep it is nested', async () => {
    const { main, api } = await one();
    const deep = `{"document":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    main.behave(text(deep, 200, { 'content-type': 'application/json' }));
    const { status, body } = await api.query('{ row { document } text fine }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ row: { document: null }, text: null, fine: 1 });
    expect(body.errors).toMatchObject([
      { path: ['row', 'document'], extensions: { code: 'UPSTREAM_INVALID', service: 'main' } },
    ]);
  });
});

describe('a call that nobody waits for any more', () => {
  it('is aborted once null has reached the root', async () => {
    const slow = await service({});
    slow.behave(hang);
    const api = await gateway({
      sdl: `type Query {
        must: Int! @connect(source: "nobody", http: { GET: "/" }, selection: "$.n")
        slow: Int @connect(source: "slow", http: { GET: "/" }, selection: "$.n")
      }`,
      services: { slow: slow.url, nobody: (await service({})).url },
    });
    const { body } = await api.query('{ slow must }');
    expect(body.data).toBeNull();
    await slow.aborted(1);
  });
});

describe('the client going away', () => {
  it('leaves alone a call that somebody else waits for too', async () => {
    const { users, others, api } = await start();
    let answer = () => {};
    users.behave((request, response, seen) => {
      answer = () => void json({ id: 1, name: 'Ada' })(request, response, seen);
    });
    const client = new AbortController();
    const left = api.query('{ me { id } }', { signal: client.signal });
    await users.received(1);
    const stays = api.query('{ me { name } other }');
    // The second of its two calls has arrived, so the first one has joined the one that was there.
    await others.received(1);
    client.abort();
    await expect(left).rejects.toThrow();
    // One more round, in which the gateway learns that the client is gone.
    await api.query('{ other }');
    answer();
    expect((await stays).body.data).toEqual({ me: { name: 'Ada' }, other: 'still here' });
    expect(users.requests.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('aborts the calls made for it', async () => {
    const { users, api } = await start();
    users.behave(hang);
    const client = new AbortController();
    const answer = api.query('{ me { id } }', { signal: client.signal });
    await users.received(1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await users.aborted(1);
    expect(users.requests[0]?.aborted).toBe(true);
  });
});
