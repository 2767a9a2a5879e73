import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../src/graphql/compile-schema.ts';
import { findFacts, type OperationFacts } from '../../src/graphql/operation-facts.ts';
import { testBlueprint } from '../support/graphql-gateway.ts';

const SDL = `
  type Query {
    constant: Int @connect(selection: "$(42)")
    me: String @connect(selection: "$context.user.name")
    here: String @connect(selection: "$request.headers.accept->first")
    post: Post @connect(source: "posts", http: { GET: "/post" }, selection: "id author: { id: author }")
    node: Node @connect(source: "nodes", http: { GET: "/node" }, selection: "__typename: kind id")
    own: Own
  }
  interface Node { id: ID! size: Int }
  type Post { id: ID! author: Author likes: Int @connect(source: "likes", http: { GET: "/likes/{$this.id}" }, selection: "$.n") }
  type Author @connect(source: "users", http: { GET: "/users/{$this.id}", headers: [{ name: "x-a", from: "X-From" }] }, selection: "id name") {
    id: ID!
    name: String @authenticated
  }
  type Small implements Node { id: ID! size: Int @connect(source: "small", http: { GET: "/{$this.id}" }, selection: "$.n") }
  type Large implements Node { id: ID! size: Int @connect(source: "large", http: { GET: "/{$this.id}" }, selection: "$.n") }
  type Own { value: Int }
`;

const forward = (service: string) => ({
  urls: ['http://localhost:1'],
  headers: { forward: [`X-${service}`] },
});
const blueprint = testBlueprint({
  sdl: SDL,
  services: Object.fromEntries(
    ['posts', 'nodes', 'likes', 'users', 'small', 'large'].map((name) => [name, forward(name)]),
  ),
  resolvers: {
    file: 'resolvers.ts',
    fields: new Map([['Query.own', { resolve: () => ({}), requires: [] }]]),
  },
});
const resolvers = new Map([['Query.own', { resolve: () => ({}), requires: [] }]]);

function facts(document: string, tellsCaller = false): OperationFacts {
  const { definitions } = parse(document);
  const fragments = definitions.filter(
    (node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION,
  );
  if (blueprint.graphql === undefined) throw new Error('no GraphQL');
  return findFacts(
    definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode,
    new Map(fragments.map((node) => [node.name.value, node])),
    { compiled: compileSchema(blueprint.graphql, resolvers), services: blueprint.services, tellsCaller },
  );
}

const NOTHING: OperationFacts = {
  calls: false,
  custom: false,
  individual: false,
  caller: false,
  headers: [],
};

describe('what an answer can depend on', () => {
  it('is nothing where nothing is asked of anybody', () => {
    expect(facts('{ constant __typename __schema { types { name } } }', true)).toEqual(NOTHING);
  });

  it('is what a mapping looks at, also without a call', () => {
    expect(facts('{ me }')).toEqual({ ...NOTHING, caller: true });
    expect(facts('{ here }')).toEqual({ ...NOTHING, headers: ['accept'] });
  });

  it('is what calls for the selected fields forward, and those that may complete their objects', () => {
    expect(facts('{ post { id } }').headers).toEqual(['x-likes', 'x-posts']);
    expect(facts('{ post { author { id } } }').headers).toEqual(['x-from', 'x-likes', 'x-posts', 'x-users']);
  });

  it('is the caller where calls tell of it', () => {
    expect(facts('{ post { id } }', false).caller).toBe(false);
    expect(facts('{ post { id } }', true).caller).toBe(true);
  });

  it('is the caller where a rule does', () => {
    expect(facts('{ post { author { id } } }').caller).toBe(false);
    expect(facts('{ post { author { name } } }').caller).toBe(true);
  });

  it('is what any of the types behind an interface bring', () => {
    expect(facts('{ node { id } }').headers).toEqual(['x-large', 'x-nodes', 'x-small']);
    expect(facts('{ node { size } }').calls).toBe(true);
  });

  it('is found in fragments and behind conditions', () => {
    const inFragments = facts(
      '{ ...A @include(if: false) } fragment A on Query { ... { ...B } } fragment B on Query { me own { value } }',
    );
    expect(inFragments).toEqual({ ...NOTHING, caller: true, custom: true });
  });

  it('is taken to be anything where it lies too deep to look', () => {
    const chain = Array.from({ length: 600 }, (_, n) => `fragment F${n} on Query { constant ...F${n + 1} }`);
    expect(facts(`{ ...F0 } ${chain.join(' ')} fragment F600 on Query { me }`)).toEqual({
      ...NOTHING,
      individual: true,
    });
  });
});
