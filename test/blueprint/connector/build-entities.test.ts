import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/kernel/problem.ts';
import { buildFrom, buildGood } from '../../support/build-blueprint.ts';

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "api", http: { baseURL: "http://localhost:1" })
`;

function ways(sdl: string, type: string) {
  const entity = buildGood({ sdl: LINK + sdl }).graphql?.entities.get(type);
  return entity?.connectors.map(({ connector, mode, key }) => [
    connector.coordinate,
    mode,
    key.map((path) => path.join('.')),
  ]);
}

describe('an entity', () => {
  it('has its key from what its connectors look at, composite and nested', () => {
    const sdl = `
      type Query { items: [Item] @connect(source: "api", http: { GET: "/items" }, selection: "id store { id region }") }
      type Item @key(fields: "id store { id region }")
        @connect(source: "api", http: { POST: "/items", body: "keys: $batch { id store { id region } }" }
                 batch: { maxSize: 20 }, selection: "id store { id region } name")
        @connect(source: "api", http: { GET: "/items/{$this.id}/stock/{$this.store.id}" }, selection: "stock") {
        id: ID!  name: String  stock: Int  store: Store
      }
      type Store { id: ID! region: String }`;
    expect(ways(sdl, 'Item')).toEqual([
      ['Item@connect[0]', 'batch', ['id', 'store.id', 'store.region']],
      ['Item@connect[1]', 'single', ['id', 'store.id']],
    ]);
    const { graphql } = buildGood({ sdl: LINK + sdl });
    expect(graphql?.entities.get('Item')?.connectors[0]?.connector.maxBatch).toBe(20);
  });

  it('is fetched by the arguments of a root field, by the names of its fields', () => {
    const sdl = `
      type Query { item(id: ID!, store: StoreKey!): Item
        @connect(source: "api", http: { GET: "/items/{$args.id}/{$args.store.id}" }, selection: "id store { id }", entity: true) }
      input StoreKey { id: ID! }
      type Item { id: ID! store: Store }
      type Store { id: ID! }`;
    expect(ways(sdl, 'Item')).toEqual([['Query.item@connect[0]', 'args', ['id', 'store.id']]]);
  });

  it('may be any type of an interface', () => {
    const sdl = `
      interface Media @key(fields: "id") { id: ID! }
      type Query { media(id: ID!): Media @connect(source: "api", http: { GET: "/media/{$args.id}" }, entity: true, selection: """
        ... kind->match(
          ["book", { __typename: "Book", id: $.id, pages: $.pages }],
          [@, { __typename: "Film", id: $.id, minutes: $.minutes }]
        )
      """) }
      type Book implements Media { id: ID! pages: Int }
      type Film implements Media { id: ID! minutes: Int }`;
    expect(ways(sdl, 'Book')).toEqual([['Query.media@connect[0]', 'args', ['id']]]);
    expect(ways(sdl, 'Film')).toEqual([['Query.media@connect[0]', 'args', ['id']]]);
    const { graphql } = buildGood({ sdl: LINK + sdl });
    const provides = graphql?.fields.get('Query.media')?.connectors[0]?.provides;
    expect(provides?.kind).toBe('union');
    const parts = provides?.kind === 'union' ? provides.of : [];
    expect(parts.map((part) => (part.kind === 'object' ? [...part.fields.keys()] : part.kind))).toEqual([
      ['__typename', 'id', 'pages'],
      ['__typename', 'id', 'minutes'],
    ]);
  });

  it('completes stubs over several calls, whose keys come from each other', () => {
    const sdl = `
      type Query { posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "author: { handle }") }
      type Post { author: User }
      type User
        @connect(source: "api", http: { GET: "/by-handle", queryParams: "h: $batch.handle" }, selection: "handle id")
        @connect(source: "api", http: { GET: "/by-id", queryParams: "id: $batch.id" }, selection: "id name") {
        id: ID! handle: String name: String
        friends: [User] @connect(source: "api", http: { GET: "/friends" }, selection: "id: $.id handle: $.handle")
      }`;
    expect(buildFrom({ sdl: LINK + sdl }).problems).toEqual([]);
  });
});

describe('calls for each item of a list', () => {
  const user = (extra: string) => `
    type Query {
      user(id: ID!): User @connect(source: "api", http: { GET: "/users/{$args.id}" }, selection: "id name", entity: true)
      posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "id author: { id }")
      first: Post @connect(source: "api", http: { GET: "/first" }, selection: "id author: { id }")
    }
    type Post { id: ID! author: User }
    type User ${extra} { id: ID! name: String }`;

  it('are warned of with their path', () => {
    const { problems } = buildFrom({ sdl: LINK + user('') });
    expect(problems.map(formatProblem)).toEqual([
      'schema.graphql:6:27: warning: Query.user@connect[0] is called once for each item of Query.posts[].author; a connector with $batch on the type User would do with one call for all',
    ]);
  });

  it('are none where a batch does the same', () => {
    const batch =
      '@connect(source: "api", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name")';
    expect(buildFrom({ sdl: LINK + user(batch) }).problems).toEqual([]);
  });

  it('are none where every item makes the same call, or the field calls nobody', () => {
    const sdl = `
      type Query { posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "id") }
      type Post {
        id: ID!
        banner: String @connect(source: "api", http: { GET: "/banner" }, selection: "$.text")
        label: String @connect(selection: "$this.id")
      }`;
    expect(buildFrom({ sdl: LINK + sdl }).problems).toEqual([]);
  });
});

describe('resolvers in TypeScript', () => {
  const sdl = `${LINK}
    type Query { user: User, time: String, posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "id") }
    type User { id: ID! name: String }
    type Post { id: ID! words: Int, more: String @connect(source: "api", http: { GET: "/x/{$this.words}" }, selection: "$") }`;

  it('count as giving their fields, and what these return', () => {
    const resolved = new Set(['Query.user', 'Query.time', 'Post.words']);
    const { blueprint, problems } = buildFrom({ sdl, resolved });
    expect(blueprint).toBeDefined();
    expect(problems.map(({ severity }) => severity)).toEqual(['warning']);
    const without = buildFrom({ sdl, resolved: new Set(['Query.user', 'Post.words']) });
    expect(without.problems.map(formatProblem)).toContain(
      'schema.graphql:5:30: nothing resolves Query.time: no connector selects it, and it has no @connect',
    );
  });

  it('may give anything as long as the module is not known', () => {
    const yaml = 'services: {}\ngraphql: { resolvers: resolvers.ts }\n';
    const { problems } = buildFrom({ sdl: sdl.replace('$this.words', '$this.id'), yaml });
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true);
  });
});
