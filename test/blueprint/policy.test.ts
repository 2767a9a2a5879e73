import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/kernel/problem.ts';
import { buildFrom, buildGood } from '../support/build-blueprint.ts';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])\n';

function field(name: string, sdl: string) {
  return buildGood({ sdl: LINK + sdl }).graphql?.fields.get(name);
}

describe('who may see a field', () => {
  const sdl = `
    type Query {
      open: Int @connect(selection: "$(1)")
      a: Int @authenticated @connect(selection: "$(1)")
      b: Secret @requiresScopes(scopes: [["x", "y"], ["z"]]) @connect(selection: "id: $(1)")
      c: Thing @requiresRoles(roles: ["admin", "editor"]) @connect(selection: "id: $(1) name: $('n')")
      d: Node @connect(selection: "__typename: $('Thing') id: $(1) name: $('n')")
    }
    interface Node { id: ID! @requiresScopes(scopes: ["node"]) }
    type Secret @requiresScopes(scopes: [["p"], ["q"]]) { id: ID! }
    type Thing implements Node @requiresRoles(roles: ["editor", "owner"]) { id: ID! name: String @authenticated }`;

  it('is nobody in particular without a rule', () => {
    expect(field('Query.open', sdl)?.access).toBeUndefined();
  });

  it('is any caller, or one with what field and returned type ask for together', () => {
    expect(field('Query.a', sdl)?.access).toEqual({ authenticated: true, scopes: [], roles: [] });
    expect(field('Query.b', sdl)?.access).toEqual({
      authenticated: true,
      scopes: [
        ['x', 'y', 'p'],
        ['x', 'y', 'q'],
        ['z', 'p'],
        ['z', 'q'],
      ],
      roles: [],
    });
    expect(field('Query.c', sdl)?.access?.roles).toEqual(['editor']);
  });

  it("goes for every field of a protected type, however it is reached, and for an interface's fields in its types", () => {
    expect(field('Thing.name', sdl)?.access).toEqual({
      authenticated: true,
      scopes: [],
      roles: ['editor', 'owner'],
    });
    expect(field('Thing.id', sdl)?.access).toEqual({
      authenticated: true,
      scopes: [['node']],
      roles: ['editor', 'owner'],
    });
    expect(field('Query.d', sdl)?.access).toBeUndefined();
  });

  it('must be somebody', () => {
    const { problems } = buildFrom({
      sdl: `${LINK} type Query { a: Thing @requiresRoles(roles: ["x"]) @connect(selection: "id: $(1)") }
        type Thing @requiresRoles(roles: ["y"]) { id: ID! }`,
    });
    expect(problems.map(formatProblem)).toEqual([
      'schema.graphql:2:15: nobody can be let in to "a": its roles (x) and those of a type it belongs to or returns (y) have none in common',
    ]);
  });
});

describe('@fallback', () => {
  const sdl = (use: string, type = '[Post!]') => `
    type Query { a: ${type} ${use} @connect(http: { GET: "http://localhost:1/a" }, selection: "id kind at") }
    type Post { id: ID! kind: Kind at: JSON }
    enum Kind { TEXT VIDEO }`;

  it('is a value, an old answer, or both', () => {
    expect(field('Query.a', sdl('@fallback(value: [])'))?.fallback).toEqual({ value: [], stale: 0 });
    expect(field('Query.a', sdl('@fallback(stale: "5m")'))?.fallback).toEqual({
      value: undefined,
      stale: 300_000,
    });
    expect(field('Query.a', sdl('@fallback(value: null, stale: "1s")'))?.fallback).toEqual({
      value: null,
      stale: 1000,
    });
    const value = '{ id: 5, kind: TEXT, at: { x: [1.5] } }';
    expect(field('Query.a', sdl(`@fallback(value: ${value})`, 'Post'))?.fallback?.value).toEqual({
      id: 5,
      kind: 'TEXT',
      at: { x: [1.5] },
    });
  });

  it('keeps no old answer of a mutation', () => {
    const { problems } = buildFrom({
      sdl: `${LINK}
        type Query { a: Int @connect(http: { GET: "http://localhost:1/a" }, selection: "$") }
        type Mutation {
          pay: Int @fallback(value: 0, stale: "5m") @connect(http: { POST: "http://localhost:1/pay" }, selection: "$")
        }`,
    });
    expect(problems.map(formatProblem)).toEqual([
      'schema.graphql:5:47: @fallback(stale:) is not for mutations: an old success would be told of a call that failed',
    ]);
  });

  it('has an effect where one of several connectors may fail alone', () => {
    const { problems } = buildFrom({
      sdl: `${LINK}
        type Query {
          post: Post
            @connect(http: { GET: "http://localhost:1/post" }, selection: "id")
            @connect(http: { GET: "http://localhost:1/likes" }, selection: "likes")
        }
        type Post { id: ID! likes: Int @fallback(value: 0) }`,
    });
    expect(problems).toEqual([]);
  });

  it('has no effect where nothing is called, which is said', () => {
    const { problems } = buildFrom({
      sdl: `${LINK}
        type Query {
          posts: [Post] @connect(http: { GET: "http://localhost:1/posts" }, selection: "id title author: { id }")
        }
        type Post { id: ID! title: String @fallback(value: "none") author: User }
        type User @connect(http: { GET: "http://localhost:1/users", queryParams: "id: $batch.id" }, selection: "id name") {
          id: ID!
          name: String @fallback(value: "somebody")
        }`,
    });
    expect(problems.map(formatProblem)).toEqual([
      'schema.graphql:6:29: warning: @fallback has no effect: no call is made for Post.title itself',
    ]);
  });
});
