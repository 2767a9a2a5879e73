import { describe, expect, it } from 'vitest';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import { Reply } from '../support/graphql-service.ts';

const { service, gateway } = useGraphqlFixture();

const BLOG = `
  type Query {
    posts(first: Int = 20): [Post!]!
      @connect(source: "content", http: { GET: "/posts", queryParams: "limit: $args.first" },
               selection: "$.items { id title author: { id: author_id } }")
    featured: Post
      @connect(source: "content", http: { GET: "/featured" }, selection: "id title author: { id: author_id }")
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
    'GET /featured': () => ({ id: 9, title: 'Nine', author_id: 2 }),
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

describe('entities in batches', () => {
  it('are fetched each key once, split by maxSize and matched by key', async () => {
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
    expect(body.data?.posts?.[0]).toEqual({ author: { __typename: 'User', id: '2' } });
    expect(users.calls()).toEqual([]);
  });

  it('are fetched once in an operation, wherever they turn up', async () => {
    const { users, content, api } = await blog();
    const { body } = await api.query(`{
      a: post(id: 1) { author { name } }
      b: post(id: 2) { author { email } }
      again: post(id: 1) { title }
    }`);
    expect(body.data).toEqual({
      a: { author: { name: 'User 2' } },
      b: { author: { email: 'u2@example.test' } },
      again: { title: 'One' },
    });
    expect(content.calls().sort()).toEqual(['GET /posts/1', 'GET /posts/2']);
    expect(users.calls()).toEqual(['GET /users?id=2']);
  });

  it('do not wait for a slower sibling', async () => {
    let release = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { users, content, api } = await blog();
    content.behave(async (request, response) => {
      if (request.url === '/featured') await slow;
      const post = { id: 1, title: 'One', author_id: request.url === '/featured' ? 3 : 1 };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/featured' ? post : { items: [post] }));
    });
    const answer = api.query('{ featured { author { name } } posts { author { name } } }');
    // The authors of the fast list are asked for while the other call hangs.
    await users.received(1);
    expect(users.calls()).toEqual(['GET /users?id=1']);
    release();
    const { body } = await answer;
    expect(body.data).toMatchObject({ featured: { author: { name: 'User 3' } } });
    expect(users.calls()).toEqual(['GET /users?id=1', 'GET /users?id=3']);
  });

  it('leave out what @skip and @include leave out, also in fragments', async () => {
    const { users, api } = await blog();
    const document = `query ($yes: Boolean!) {
      posts { title author { id name @skip(if: $yes) ...More @include(if: $no) } }
    }
    fragment More on User { email }`.replace('$no', 'false');
    const { body } = await api.query(document, { variables: { yes: true } });
    expect(body.errors).toBeUndefined();
    expect(users.calls()).toEqual([]);
    await api.query('{ post(id: 1) { author { ...More } } } fragment More on User { ... on User { email } }');
    expect(users.calls()).toEqual(['GET /users?id=2']);
  });
});

describe('keys', () => {
  it('that lack a part belong to nobody, and what has them is not taken for one and the same', async () => {
    const stock = [
      [1, 2],
      [3, 4],
    ];
    const shop = await service({
      'GET /lines': () => (stock.shift() ?? []).map((sku) => ({ sku, region: null })),
    });
    const api = await gateway({
      sdl: `
        type Query { lines: [Item] @connect(source: "shop", http: { GET: "/lines" }, selection: "sku region") }
        type Item @connect(source: "shop", http: { POST: "/items", body: "keys: $batch { sku region }" },
                           selection: "sku region price") {
          sku: ID!
          region: String!
          price: Int
        }
      `,
      services: { shop: shop.url },
    });
    const ask = async () => (await api.query('{ lines { sku price } }')).body.data?.lines;
    expect(await ask()).toEqual([
      { sku: '1', price: null },
      { sku: '2', price: null },
    ]);
    // Nor is what one operation was told of them told to another.
    expect(await ask()).toEqual([
      { sku: '3', price: null },
      { sku: '4', price: null },
    ]);
    expect(shop.calls()).toEqual(['GET /lines', 'GET /lines']);
  });

  it('of several and nested fields are matched whole, as text', async () => {
    const shop = await service({
      'GET /lines': () => [
        { sku: 7, shop: 1 },
        { sku: 7, shop: 2 },
        { sku: 8, shop: 1 },
      ],
      'POST /items': ({ body }) => {
        const { keys } = body as { keys: { sku: string; at: { shop: number } }[] };
        return [...keys].reverse().map((key) => ({
          sku: String(key.sku),
          shop: String(key.at.shop),
          price: Number(key.sku) * 100 + key.at.shop,
        }));
      },
    });
    const api = await gateway({
      sdl: `
        type Query {
          lines: [Item] @connect(source: "shop", http: { GET: "/lines" }, selection: "sku store: { id: shop }")
        }
        type Item @connect(source: "shop",
            http: { POST: "/items", body: "keys: $batch { sku at: { shop: $.store.id } }" },
            selection: "sku store: { id: shop } price") {
          sku: ID!
          store: Store!
          price: Int
        }
        type Store { id: ID! }
      `,
      services: { shop: shop.url },
    });
    const { body } = await api.query('{ lines { sku store { id } price } }');
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({
      lines: [
        { sku: '7', store: { id: '1' }, price: 701 },
        { sku: '7', store: { id: '2' }, price: 702 },
        { sku: '8', store: { id: '1' }, price: 801 },
      ],
    });
    expect(shop.calls()).toEqual(['GET /lines', 'POST /items']);
  });

  it('that the parent lacks are fetched through another connector first', async () => {
    const main = await service({
      'GET /me': () => ({ login: 'ada' }),
      'GET /by-login/*': ({ segments }) => ({ id: 5, login: segments[1] }),
      'GET /profiles/*': ({ segments }) => ({ id: segments[1], bio: 'Wrote the first program' }),
      'GET /users/*/posts': ({ segments }) => [{ title: `by ${segments[1]}` }],
    });
    const api = await gateway({
      sdl: `
        type Query { me: User @connect(source: "main", http: { GET: "/me" }, selection: "login") }
        type User
          @connect(source: "main", http: { GET: "/by-login/{$this.login}" }, selection: "id login")
          @connect(source: "main", http: { GET: "/profiles/{$this.id}" }, selection: "id bio") {
          login: String!
          id: ID!
          bio: String
          posts: [Post] @connect(source: "main", http: { GET: "/users/{$this.id}/posts" }, selection: "title")
        }
        type Post { title: String }
      `,
      services: { main: main.url },
    });
    const { body } = await api.query('{ me { bio posts { title } } }');
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({ me: { bio: 'Wrote the first program', posts: [{ title: 'by 5' }] } });
    expect(main.calls().slice(0, 2)).toEqual(['GET /me', 'GET /by-login/ada']);
    expect(main.calls().slice(2).sort()).toEqual(['GET /profiles/5', 'GET /users/5/posts']);
  });
});

describe('entities one by one', () => {
  const SDL = `
    type Query {
      user(id: ID!): User @connect(source: "main", http: { GET: "/users/{$args.id}" }, selection: "id name", entity: true)
      friends: [User] @connect(source: "main", http: { GET: "/friends" }, selection: "id")
      boss: User @connect(source: "main", http: { GET: "/boss" }, selection: "id")
    }
    type User { id: ID!  name: String! }
  `;

  it('come through the root field that is marked, each key once; one that is gone is null', async () => {
    const main = await service({
      'GET /friends': () => [{ id: 1 }, { id: 2 }, { id: 1 }],
      'GET /boss': () => ({ id: 2 }),
      'GET /users/*': ({ segments }) =>
        segments[1] === '2' ? new Reply(404, {}) : { id: segments[1], name: `User ${segments[1]}` },
    });
    const api = await gateway({ sdl: SDL, services: { main: main.url } });
    const { body } = await api.query('{ friends { name } boss { name } user(id: 2) { name } }');
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({
      friends: [{ name: 'User 1' }, null, { name: 'User 1' }],
      boss: null,
      user: null,
    });
    expect(main.calls().sort()).toEqual(['GET /boss', 'GET /friends', 'GET /users/1', 'GET /users/2']);
  });

  it('that are gone, where null may not stand, are told of', async () => {
    const main = await service({ 'GET /friends': () => [{ id: 2 }] });
    const api = await gateway({
      sdl: SDL.replace('friends: [User]', 'friends: [User!]'),
      services: { main: main.url },
    });
    const { body } = await api.query('{ friends { name } }');
    expect(body.data).toEqual({ friends: null });
    expect(body.errors).toMatchObject([
      {
        message: 'There is no such User',
        path: ['friends', 0, 'name'],
        extensions: {
          code: 'UPSTREAM_INVALID',
          service: 'main',
          connector: { coordinate: 'Query.user@connect[0]' },
        },
      },
    ]);
  });
});

describe('an entity with several connectors', () => {
  const SDL = `
    type Query { products: [Product] @connect(source: "main", http: { GET: "/products" }, selection: "id") }
    type Product
      @connect(source: "main", http: { GET: "/names", queryParams: "id: $batch.id" }, selection: "id name")
      @connect(source: "main", http: { GET: "/prices", queryParams: "id: $batch.id" }, selection: "id price")
      @connect(source: "main", http: { GET: "/all", queryParams: "id: $batch.id" }, selection: "id name price stock") {
      id: ID!
      name: String
      price: Int
      stock: Int
    }
  `;
  const row = { id: 1, name: 'Kettle', price: 30, stock: 4 };

  it.each([
    ['{ products { name } }', ['GET /names?id=1']],
    ['{ products { price } }', ['GET /prices?id=1']],
    ['{ products { name price } }', ['GET /all?id=1']],
    ['{ products { name stock } }', ['GET /all?id=1']],
    ['{ products { id } }', []],
  ])('makes the fewest calls for %s', async (document, calls) => {
    const main = await service({
      'GET /products': () => [{ id: 1 }],
      'GET /names': () => [row],
      'GET /prices': () => [row],
      'GET /all': () => [row],
    });
    const api = await gateway({ sdl: SDL, services: { main: main.url } });
    const { body } = await api.query(document);
    expect(body.errors).toBeUndefined();
    expect(main.calls()).toEqual(['GET /products', ...calls]);
  });

  it('calls those that it needs side by side', async () => {
    const main = await service({ 'GET /products': () => [{ id: 1 }] });
    const both = main.received(3);
    main.behave(async (request, response) => {
      // Each answers only once the other one has been asked too.
      if (request.url !== '/products') await both;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([row]));
    });
    const sdl = SDL.replace(/@connect\(source: "main", http: { GET: "\/all".*stock"\)/, '').replace(
      'stock: Int',
      '',
    );
    const api = await gateway({
      sdl: sdl.replace('/products" }, selection: "id"', '/products" }, selection: "id"'),
      services: { main: main.url },
    });
    const { body } = await api.query('{ products { name price } }');
    expect(body.data).toEqual({ products: [{ name: 'Kettle', price: 30 }] });
    expect(main.requests).toHaveLength(3);
  });
});

describe('interfaces and unions', () => {
  it('take their type from the mapping, and their stubs are fetched by it', async () => {
    const main = await service({
      'GET /feed': () => [
        { kind: 'post', id: 1 },
        { kind: 'ad', id: 2, text: 'Buy' },
        { kind: 'alien', id: 3 },
      ],
      'GET /posts': () => [{ id: 1, title: 'One' }],
    });
    const api = await gateway({
      sdl: `
        type Query {
          feed: [Item] @connect(source: "main", http: { GET: "/feed" }, selection: """
            __typename: kind->match(["post", "Post"], ["ad", "Ad"], [@, @])
            id
            text
          """)
        }
        interface Item { id: ID! }
        type Post implements Item
          @connect(source: "main", http: { GET: "/posts", queryParams: "id: $batch.id" }, selection: "id title") {
          id: ID!  title: String
        }
        type Ad implements Item { id: ID!  text: String }
      `,
      services: { main: main.url },
    });
    const { body } = await api.query('{ feed { __typename id ... on Post { title } ... on Ad { text } } }');
    expect(body.data).toEqual({
      feed: [{ __typename: 'Post', id: '1', title: 'One' }, { __typename: 'Ad', id: '2', text: 'Buy' }, null],
    });
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]).toMatchObject({
      path: ['feed', 2],
      extensions: {
        code: 'UPSTREAM_INVALID',
        service: 'main',
        connector: { coordinate: 'Query.feed@connect[0]' },
      },
    });
    expect(JSON.stringify(body.errors)).not.toContain('alien');
    expect(main.calls()).toEqual(['GET /feed', 'GET /posts?id=1']);
  });
});

describe('$this', () => {
  const SDL = `
    type Query { users: [User] @connect(source: "main", http: { GET: "/users" }, selection: "id bossId lang") }
    type User {
      id: ID!
      bossId: ID
      lang: String
      account: Account @connect(source: "main", http: { GET: "/accounts/{$this.id}" }, selection: "number")
      balance: Int @connect(source: "main", http: { GET: "/balances/{$this.account.number}" }, selection: "$.cents")
      boss: Boss @connect(source: "main", http: { GET: "/bosses/{$this.bossId}" }, selection: "name")
    }
    type Account { number: ID! }
    type Boss { name: String }
  `;

  const GREETING = `greeting: String
    @connect(source: "main", http: { GET: "/words" }, selection: "$($this.bossId ?? $.nobody)")`;

  async function start(change = (sdl: string) => sdl) {
    const main = await service({
      'GET /words': () => ({ nobody: 'nobody' }),
      'GET /users': () => [
        { id: 1, bossId: 9 },
        { id: 2, bossId: null },
      ],
      'GET /accounts/*': ({ segments }) => ({ number: `A${segments[1]}` }),
      'GET /balances/*': ({ segments }) => ({ cents: Number(segments[1]?.slice(1)) * 100 }),
      'GET /bosses/*': ({ segments }) => ({ name: `Boss ${segments[1]}` }),
    });
    const api = await gateway({ sdl: change(SDL), services: { main: main.url } });
    return { main, api };
  }

  it('may look at a field that another connector gives', async () => {
    const { main, api } = await start();
    const { body } = await api.query('{ users { balance account { number } } }');
    expect(body.errors).toBeUndefined();
    expect(body.data).toEqual({
      users: [
        { balance: 100, account: { number: 'A1' } },
        { balance: 200, account: { number: 'A2' } },
      ],
    });
    expect(main.calls().sort()).toEqual([
      'GET /accounts/1',
      'GET /accounts/2',
      'GET /balances/A1',
      'GET /balances/A2',
      'GET /users',
    ]);
  });

  it('that is null asks nobody', async () => {
    const { main, api } = await start();
    const { body } = await api.query('{ users { boss { name } } }');
    expect(body).toEqual({ data: { users: [{ boss: { name: 'Boss 9' } }, { boss: null }] } });
    expect(main.calls()).toEqual(['GET /users', 'GET /bosses/9']);
  });

  it('that is null asks nobody where null may not stand either', async () => {
    const { main, api } = await start((sdl) => sdl.replace('boss: Boss ', 'boss: Boss! '));
    const { body } = await api.query('{ users { boss { name } } }');
    expect(body.data).toEqual({ users: [{ boss: { name: 'Boss 9' } }, null] });
    expect(body.errors).toMatchObject([
      {
        path: ['users', 1, 'boss'],
        extensions: { code: 'UPSTREAM_INVALID', connector: { coordinate: 'User.boss@connect[0]' } },
      },
    ]);
    expect(main.calls()).toEqual(['GET /users', 'GET /bosses/9']);
  });

  it('that is null is no reason not to call where only the mapping looks at it', async () => {
    const { main, api } = await start((sdl) =>
      sdl.replace(/boss: Boss @connect.*/, () => GREETING).replace('type Boss { name: String }', ''),
    );
    const { body } = await api.query('{ users { greeting } }');
    expect(body).toEqual({ data: { users: [{ greeting: '9' }, { greeting: 'nobody' }] } });
    expect(main.calls()).toEqual(['GET /users', 'GET /words']);
  });
});

describe('a key with an optional part', () => {
  it('is one without it too', async () => {
    const main = await service({
      'GET /words': () => [{ id: 1, lang: 'de' }, { id: 2 }, { lang: 'fr' }],
      'GET /texts/*': ({ segments, url }) => ({ text: `${segments[1]}-${url.searchParams.get('lang')}` }),
    });
    const api = await gateway({
      sdl: `
        type Query { words: [Word] @connect(source: "main", http: { GET: "/words" }, selection: "id lang") }
        type Word @connect(source: "main", http: { GET: "/texts/{$this.id}", queryParams: "lang: $this.lang" }, selection: "text") {
          id: ID!
          lang: String
          text: String
        }
      `,
      services: { main: main.url },
    });
    const { body } = await api.query('{ words { text } }');
    expect(body).toEqual({ data: { words: [{ text: '1-de' }, { text: '2-null' }, { text: null }] } });
    expect(main.calls()).toEqual(['GET /words', 'GET /texts/1?lang=de', 'GET /texts/2']);
  });
});

describe('a list with several connectors', () => {
  it('comes from the one that gives most, and entities complete it', async () => {
    const row = { id: 1, name: 'Kettle', price: 30, stock: 4 };
    const main = await service({
      'GET /names': () => [row],
      'GET /prices': () => [row],
      'GET /stock': () => [row],
    });
    const api = await gateway({
      sdl: `
        type Query {
          products: [Product]
            @connect(source: "main", http: { GET: "/names" }, selection: "id name")
            @connect(source: "main", http: { GET: "/prices" }, selection: "id price")
        }
        type Product
          @connect(source: "main", http: { GET: "/stock", queryParams: "id: $batch.id" }, selection: "id name price stock") {
          id: ID!  name: String  price: Int  stock: Int
        }
      `,
      services: { main: main.url },
    });
    expect((await api.query('{ products { price } }')).body).toEqual({ data: { products: [{ price: 30 }] } });
    expect(main.calls()).toEqual(['GET /prices']);
    const { body } = await api.query('{ products { name stock } }');
    expect(body).toEqual({ data: { products: [{ name: 'Kettle', stock: 4 }] } });
    expect(main.calls().slice(1)).toEqual(['GET /names', 'GET /stock?id=1']);
  });
});
