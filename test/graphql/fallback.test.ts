import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import { json, text } from '../support/http-service.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  type Query {
    posts: [Post!]! @connect(source: "content", http: { GET: "/posts" }, selection: "id title author: { id: author_id }")
      @fallback(value: [])
    top: Post @connect(source: "content", http: { GET: "/top" }, selection: "id title author: { id: author_id }")
      @fallback(value: { id: "0", title: "Nothing yet" }, stale: "1m")
    last: Post @connect(source: "content", http: { GET: "/top" }, selection: "id title author: { id: author_id }") @fallback(stale: "1m")
    plain: Post @connect(source: "content", http: { GET: "/top" }, selection: "id title author: { id: author_id }")
    find(id: ID!): Post @fallback(stale: "1m")
      @connect(source: "content", http: { GET: "/posts/{$args.id}" }, selection: "id title author: { id: author_id }")
    one: Post @connect(source: "content", http: { GET: "/one" }, selection: "id title author: { id: author_id }")
  }
  type Post { id: ID!  title: String  author: User }
  type User @connect(source: "users", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name email phone") {
    id: ID!
    name: String @fallback(value: "Somebody")
    email: String
    phone: String @fallback(value: "unlisted", stale: "1m")
  }
`;

async function start(clock = new FakeClock()) {
  const content = await service({});
  const users = await service({});
  const api = await gateway({
    sdl: SDL,
    clock,
    services: {
      content: { urls: [content.url], retry: { attempts: 0 } },
      users: { urls: [users.url], retry: { attempts: 0 } },
    },
  });
  return { content, users, api, clock };
}

describe('@fallback', () => {
  it('gives its value when the call fails, and says so', async () => {
    const { content, api } = await start();
    content.behave(json({}, 500));
    const { body } = await api.query('{ posts { id title author { name } } }');
    expect(body).toEqual({
      data: { posts: [] },
      extensions: {
        fallbacks: [{ path: ['posts'], reason: 'UPSTREAM_STATUS', from: 'value', service: 'content' }],
      },
    });
  });

  it('gives the last good answer before its value, as long as it is fresh enough', async () => {
    const { content, api, clock } = await start();
    content.behave(json({ id: 1, title: 'First' }));
    expect((await api.query('{ top { title } }')).body).toEqual({ data: { top: { title: 'First' } } });
    content.behave(json({}, 503));
    clock.advance(59_000);
    expect((await api.query('{ top { title } }')).body).toEqual({
      data: { top: { title: 'First' } },
      extensions: {
        fallbacks: [{ path: ['top'], reason: 'UPSTREAM_STATUS', from: 'stale', service: 'content' }],
      },
    });
    clock.advance(2000);
    expect((await api.query('{ top { title } }')).body).toEqual({
      data: { top: { title: 'Nothing yet' } },
      extensions: {
        fallbacks: [{ path: ['top'], reason: 'UPSTREAM_STATUS', from: 'value', service: 'content' }],
      },
    });
  });

  it('with stale alone leaves an error when there is nothing old', async () => {
    const { content, api } = await start();
    content.behave(json({}, 503));
    const { body } = await api.query('{ last { title } }');
    expect(body.data).toEqual({ last: null });
    expect(body.errors).toHaveLength(1);
    expect(body.extensions).toBeUndefined();
  });

  it('is said in a header, as on routes', async () => {
    const { content, api, clock } = await start();
    content.behave(json({ id: 1, title: 'First' }));
    expect((await api.query('{ top { title } }')).headers.get('x-portico-fallback')).toBeNull();
    content.behave(json({}, 503));
    expect((await api.query('{ top { title } }')).headers.get('x-portico-fallback')).toBe('stale');
    clock.advance(61_000);
    expect((await api.query('{ top { title } }')).headers.get('x-portico-fallback')).toBe('value');
  });

  it('does not bring back what is gone', async () => {
    const { content, api } = await start();
    content.behave(json({ id: 1, title: 'First' }));
    await api.query('{ find(id: 1) { title } }');
    content.behave(json({}, 404));
    expect((await api.query('{ find(id: 1) { title } }')).body).toEqual({ data: { find: null } });
  });

  it('keeps an answer that begins with a byte order mark', async () => {
    const { content, api } = await start();
    content.behave(text('\uFEFF{"id":1,"title":"First"}', 200, { 'content-type': 'application/json' }));
    await api.query('{ last { title } }');
    content.behave(json({}, 503));
    expect((await api.query('{ last { title } }')).body.data).toEqual({ last: { title: 'First' } });
  });

  it('does not keep an answer that was none', async () => {
    const { content, api } = await start();
    content.behave((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"id": 1,');
    });
    await api.query('{ last { title } }');
    content.behave(json({}, 503));
    expect((await api.query('{ last { title } }')).body.errors).toHaveLength(1);
  });

  it('does not keep a page in place of an answer', async () => {
    const { content, api } = await start();
    content.behave(text('<h1>Maintenance</h1>', 200, { 'content-type': 'text/html' }));
    await api.query('{ last { title } }');
    content.behave(json({}, 503));
    expect((await api.query('{ last { title } }')).body.errors).toHaveLength(1);
  });

  it('does not help fields without it', async () => {
    const { content, api } = await start();
    content.behave(json({}, 503));
    const { body } = await api.query('{ plain { title } top { title } }');
    expect(body.data).toEqual({ plain: null, top: { title: 'Nothing yet' } });
    expect(body.errors?.map(({ path }) => path)).toEqual([['plain']]);
  });

  it('stands in for a failed entity call field by field', async () => {
    const { content, users, api } = await start();
    content.behave(json({ id: 1, author_id: 7 }));
    users.behave(json({}, 500));
    const { body } = await api.query('{ one { author { id name email } } }');
    expect(body.data).toEqual({ one: { author: { id: '7', name: 'Somebody', email: null } } });
    expect(body.errors?.map(({ path }) => path)).toEqual([['one', 'author', 'email']]);
    expect(body.extensions).toEqual({
      fallbacks: [
        { path: ['one', 'author', 'name'], reason: 'UPSTREAM_STATUS', from: 'value', service: 'users' },
      ],
    });
  });

  it('takes old entities for the fields that allow it and for no others', async () => {
    const { content, users, api } = await start();
    content.behave(json({ id: 1, author_id: 7 }));
    users.behave(json([{ id: 7, name: 'Grace', email: 'g@example.test', phone: '123' }]));
    await api.query('{ one { author { name email phone } } }');
    users.behave(json({}, 500));
    const { body } = await api.query('{ one { author { name email phone } } }');
    expect(body.data).toEqual({ one: { author: { name: 'Somebody', email: null, phone: '123' } } });
    expect(body.errors?.map(({ path }) => path)).toEqual([['one', 'author', 'email']]);
    expect(body.extensions?.fallbacks).toHaveLength(2);
    expect(body.extensions?.fallbacks).toEqual(
      expect.arrayContaining([
        { path: ['one', 'author', 'name'], reason: 'UPSTREAM_STATUS', from: 'value', service: 'users' },
        { path: ['one', 'author', 'phone'], reason: 'UPSTREAM_STATUS', from: 'stale', service: 'users' },
      ]),
    );
  });

  it('does not make one call two where a field allows an old answer and another does not', async () => {
    const main = await service({});
    const api = await gateway({
      sdl: `
        type Query {
          user(id: ID!): User @connect(source: "main", http: { GET: "/users/{$args.id}" }, selection: "id name", entity: true)
            @fallback(stale: "1m")
          me: User @connect(source: "main", http: { GET: "/me" }, selection: "id")
        }
        type User { id: ID!  name: String }
      `,
      services: { main: { urls: [main.url], retry: { attempts: 0 } } },
    });
    main.behave(json({ id: 1, name: 'Ada' }));
    const document = '{ user(id: 1) { name } me { name } }';
    expect((await api.query(document)).body).toEqual({
      data: { user: { name: 'Ada' }, me: { name: 'Ada' } },
    });
    expect(main.calls().sort()).toEqual(['GET /me', 'GET /users/1']);
    main.behave((request, response, seen) =>
      request.url === '/me'
        ? json({ id: 1 })(request, response, seen)
        : json({}, 500)(request, response, seen),
    );
    const { body } = await api.query(document);
    expect(body.data).toEqual({ user: { name: 'Ada' }, me: { name: null } });
    expect(body.errors?.map(({ path }) => path)).toEqual([['me', 'name']]);
    expect(body.extensions?.fallbacks).toMatchObject([{ path: ['user'], from: 'stale' }]);
  });

  it('is not asked when there is nothing wrong', async () => {
    const { content, api } = await start();
    content.behave(json(null));
    expect((await api.query('{ top { title } }')).body).toEqual({ data: { top: null } });
  });
});
