import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/kernel/problem.ts';
import { buildFrom, buildGood } from '../../support/build-blueprint.ts';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])\n';

function publicSdl(sdl: string): string {
  return buildGood({ sdl: LINK + sdl }).graphql?.sdl ?? '';
}

describe('the public schema', () => {
  it('has nothing of them under other names either', () => {
    const { graphql } = buildGood({
      sdl: `extend schema
        @link(url: "https://specs.apollo.dev/connect/v0.2", as: "http")
        @link(url: "https://specs.apollo.dev/federation/v2.12", as: "fed", import: [{ name: "@key", as: "@primary" }])
        @http__source(name: "a", http: { baseURL: "http://localhost:1" })
      scalar fed__FieldSet
      directive @primary(fields: fed__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
      type Query {
        a(id: ID!): A @http(source: "a", http: { GET: "/a/{$args.id}" }, entity: true, selection: "id")
      }
      type A @primary(fields: "id") @fed__shareable @fed__cacheTag(format: "a-{$key.id}") { id: ID! }`,
    });
    expect(graphql?.sdl).toBe('type Query {\n  a(id: ID!): A\n}\n\ntype A {\n  id: ID!\n}');
  });

  it('keeps what clients read and nothing of Connect, federation or Portico', () => {
    const sdl = publicSdl(`
      directive @connect(selection: JSONSelection!, http: ConnectHTTP) repeatable on FIELD_DEFINITION | OBJECT
      directive @key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
      directive @authenticated on FIELD_DEFINITION
      scalar JSONSelection
      scalar federation__FieldSet
      scalar _Any
      union _Entity = Post
      type _Service { sdl: String }
      input ConnectHTTP { GET: String }
      "A moment."
      scalar DateTime @specifiedBy(url: "https://example.org/date")
      input By @oneOf { id: ID slug: String }
      type Query {
        _service: _Service!
        _entities(representations: [_Any!]!): [_Entity]!
        "The newest."
        post(by: By, "Old." legacy: Int @deprecated(reason: "no use")): Post
          @authenticated @tag(name: "x") @fallback(value: null)
          @connect(http: { GET: "http://localhost:1/posts" }, selection: "id at meta")
      }
      type Post @key(fields: "id", resolvable: false) @shareable {
        id: ID!
        at: DateTime
        meta: JSON
        old: String @deprecated @connect(http: { GET: "http://localhost:1/posts/{$this.id}" }, selection: "$.old")
      }
    `);
    expect(sdl).toBe(
      [
        '"""A moment."""',
        'scalar DateTime @specifiedBy(url: "https://example.org/date")',
        '',
        'input By @oneOf {',
        '  id: ID',
        '  slug: String',
        '}',
        '',
        'type Query {',
        '  """The newest."""',
        '  post(',
        '    by: By',
        '',
        '    """Old."""',
        '    legacy: Int @deprecated(reason: "no use")',
        '  ): Post',
        '}',
        '',
        'type Post {',
        '  id: ID!',
        '  at: DateTime',
        '  meta: JSON',
        '  old: String @deprecated',
        '}',
        '',
        '"""Any JSON value."""',
        'scalar JSON',
      ].join('\n'),
    );
  });

  it('leaves out what is inaccessible, which connectors still see', () => {
    const blueprint = buildGood({
      sdl: `${LINK}
      type Query {
        users: [User!] @connect(http: { GET: "http://localhost:1/users" }, selection: "id")
        hidden: Hidden @inaccessible @connect(http: { GET: "http://localhost:1/hidden" }, selection: "id")
        any: Any @connect(http: { GET: "http://localhost:1/any" }, selection: "__typename: $('User') id")
      }
      type User @connect(http: { GET: "http://localhost:1/users", queryParams: "id: $batch.id" }, selection: "id name") {
        id: ID! @inaccessible
        name: String
        color(shade: Shade, secret: Int @inaccessible): Color
          @connect(http: { GET: "http://localhost:1/c/{$args.secret}" }, selection: "$")
      }
      union Any = User | Hidden
      type Hidden @inaccessible { id: ID! }
      enum Color { RED BLUE @inaccessible }
      input Shade { light: Int dark: Int @inaccessible }`,
    });
    const sdl = blueprint.graphql?.sdl ?? '';
    expect(sdl).not.toMatch(/Hidden|hidden|BLUE|dark|secret|id: ID/);
    expect(sdl).toContain('union Any = User');
    expect(blueprint.graphql?.entities.get('User')?.connectors[0]?.key).toEqual([['id']]);
  });

  it('is one schema of all files, in which a type may be spread', () => {
    const { graphql } = buildGood({
      sdl: [
        {
          file: 'a.graphql',
          text: `${LINK} type Query { a: User @connect(http: { GET: "http://localhost:1/a" }, selection: "id name") }`,
        },
        { file: 'b.graphql', text: '# nothing here but a word' },
        { file: 'b.graphql', text: 'extend type User { name: String }' },
        { file: 'c.graphql', text: 'type User @authenticated { id: ID! }' },
        {
          file: 'd.graphql',
          text: '"Somebody." type User { id: ID! } extend type Query { b: Int @connect(selection: "$(1)") }',
        },
      ].filter(({ text }) => !text.startsWith('#')),
    });
    expect(graphql?.sdl).toContain('"""Somebody."""\ntype User {\n  name: String\n  id: ID!\n}');
    expect(graphql?.sdl).toContain('b: Int');
    expect(graphql?.fields.get('User.name')?.access?.authenticated).toBe(true);
  });

  it('takes versions and names of the directives per file', () => {
    const { graphql } = buildGood({
      sdl: [
        {
          file: 'new.graphql',
          text: `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: [{ name: "@connect", as: "@rest" }])
            type Query { a: Int @rest(selection: "$(1)") }`,
        },
        {
          file: 'old.graphql',
          text: `extend schema @link(url: "https://specs.apollo.dev/connect/v0.1")
            @connect__source(name: "old", http: { baseURL: "http://localhost:1" })
            type Query { b: Int @connect(source: "old", http: { GET: "/b" }, selection: "$.b") }`,
        },
        { file: 'plain.graphql', text: 'type Query { c: Int @rest(selection: "$(1)") }' },
      ],
    });
    expect([...(graphql?.fields.keys() ?? [])]).toEqual(['Query.a', 'Query.b', 'Query.c']);
  });

  it('wants http of a connector before v0.4', () => {
    const sdl =
      'extend schema @link(url: "https://specs.apollo.dev/connect/v0.3") type Query { a: Int @connect(selection: "$(1)") }';
    expect(buildFrom({ sdl }).problems.map(formatProblem)).toEqual([
      'schema.graphql:1:87: @connect needs http (a connector without it takes connect/v0.4)',
    ]);
  });

  it('needs a schema file', () => {
    expect(buildFrom({}).problems.map(formatProblem)).toEqual([
      'gateway.yaml:2:1: no schema file matches schema/**/*.graphql',
    ]);
  });

  it('needs a Query', () => {
    const sdl = `${LINK} type Post { id: ID! }`;
    expect(buildFrom({ sdl }).problems.map(formatProblem)).toEqual([
      'gateway.yaml:2:1: Query root type must be provided.',
    ]);
  });
});
