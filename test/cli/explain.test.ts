import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
type Query {
  latest(first: Int = 5): [Post!] @listSize(slicingArguments: ["first"])
    @connect(source: "content", http: { GET: "/latest", queryParams: "n: $args.first" }, selection: "id title author: { id: author_id }")
  posts: [Post!] @connect(source: "content", http: { GET: "/posts" }, selection: "id title author: { id: author_id }")
  search: [Hit!]
    @connect(
      source: "content"
      http: { GET: "/search" }
      selection: """
      ... kind->match(
        ["user", { __typename: $("User"), id: id }],
        [@, { __typename: $("Post"), id: id, title: title, author: { id: author_id } }]
      )
      """
    )
  motto: String @connect(selection: "$('hello')")
}
type Mutation {
  publish(id: ID!): Post
    @connect(source: "content", http: { POST: "/posts/{$args.id}" }, selection: "id title author: { id: author_id }")
}
union Hit = Post | User
type Post {
  id: ID!
  title: String
  author: User
  comments: [Comment!]
    @connect(source: "content", http: { GET: "/posts/{$this.id}/comments" }, selection: "text writer: { id: user_id }")
}
type Comment { text: String writer: User }
type User
  @key(fields: "id")
  @connect(source: "users", http: { GET: "/users", queryParams: "id: $batch.id" }, batch: { maxSize: 50 }, selection: "id name")
{ id: ID! name: String }
`;

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write(
    'gateway.yaml',
    'services:\n  users: { urls: [http://localhost:8001] }\n  content: { urls: [http://localhost:8002] }\ngraphql: { schema: [schema.graphql] }\n',
  );
  await folder.write('schema.graphql', SDL);
});
afterAll(() => folder.remove());

async function explain(document: string, ...options: string[]) {
  await folder.write('query.graphql', document);
  return runHere(['explain', 'query.graphql', ...options], folder.path);
}

async function calls(document: string, ...options: string[]) {
  const { stdout } = await explain(document, '--json', ...options);
  return JSON.parse(stdout) as { planned: boolean; reason?: string; calls: Record<string, unknown>[] };
}

describe('portico explain', () => {
  it('prints the calls in order, with what each needs and how often it is made', async () => {
    const { code, stdout } = await explain(
      '{ posts { title author { name } comments { writer { name } } } }',
    );
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'CALL  AFTER  SERVICE      CONNECTOR                 TIMES                  AT MOST  FOR',
      '1     -      content GET  Query.posts@connect[0]    once                   1        posts',
      // 110 keys; those of the writers come in ten groups.
      '2     1,3    users GET    User@connect[0]           once for each 50 keys  12       posts[].author, posts[].comments[].writer',
      '3     1      content GET  Post.comments@connect[0]  once for each          10       posts[].comments',
      'Calls: at most 23.',
      'Cost: 221 (types 221, fields 121).',
      'Size: depth 4, tokens 17, aliases 0, root fields 1.',
    ]);
  });

  it('asks for nothing that no selected field needs', async () => {
    expect((await calls('{ posts { title author { id } } }')).calls).toMatchObject([{ service: 'content' }]);
    expect((await explain('{ motto }')).stdout).toMatch(
      /^1 +- +\(no call\) +Query\.motto@connect\[0\] +once +0 +motto$/m,
    );
  });

  it('follows every type that may turn up', async () => {
    const { calls: made } = await calls(
      '{ search { ... on User { name } ... on Post { author { name } } } }',
    );
    expect(made).toMatchObject([
      { connector: 'Query.search@connect[0]', after: [] },
      { connector: 'User@connect[0]', times: 'batch', batchSize: 50, after: [1] },
    ]);
    expect(made[1]?.places).toEqual(['search[].author', 'search[]']);
  });

  it('looks at the variables that leave fields out', async () => {
    const document = 'query ($deep: Boolean!) { posts { title author @include(if: $deep) { name } } }';
    expect((await calls(document, '--variables', '{"deep":false}')).calls).toHaveLength(1);
    expect((await calls(document, '--variables', '{"deep":true}')).calls).toHaveLength(2);
  });

  it('takes one operation of several by its name, and mutations', async () => {
    const document = 'query A { motto } mutation B { publish(id: 1) { author { name } } }';
    const { calls: made } = await calls(document, '--operation', 'B');
    expect(made).toMatchObject([
      { method: 'POST', times: 'once' },
      { connector: 'User@connect[0]', after: [1] },
    ]);
    expect(await explain(document)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'query.graphql:1:1: there are several operations; say which with --operation\n',
      ),
    });
  });

  it('says why there is no plan', async () => {
    expect(await calls('{ __schema { types { name } } }')).toEqual({
      planned: false,
      reason: 'The operation asks for the schema itself',
      callBound: 0,
      cost: { total: 1, type: 1, field: 0 },
      depth: 1,
      tokens: 9,
      aliases: 0,
      rootFields: 1,
      refused: [],
    });
    expect((await explain('{ __schema { types { name } } }')).stdout).toMatch(
      /^No plan: the operation asks for the schema itself\./,
    );
  });

  it('counts by the sizes that lists are said to have', async () => {
    const document = 'query ($n: Int = 3) { latest(first: $n) { comments { text } } }';
    expect(await calls(document)).toMatchObject({
      calls: [{ atMost: 1 }, { atMost: 3 }],
      callBound: 4,
      cost: { total: 34, type: 34, field: 4 },
    });
    expect(await calls(document, '--variables', '{"n":100}')).toMatchObject({ callBound: 101 });
  });

  it('counts root field by root field where there is no plan of the whole', async () => {
    const document = 'mutation { a: publish(id: 1) { author { name } } b: publish(id: 2) { title } }';
    expect(await calls(document)).toMatchObject({ planned: false, callBound: 3 });
    expect((await explain(document)).stdout).toMatch(/^Calls: at most 3, by estimate\.$/m);
  });

  it('tells by which limits an operation would be refused', async () => {
    const deep = '{ posts { comments { writer { name } } } }';
    const limits = 'limits: { depth: 3, tokens: 10, aliases: 0, rootFields: 1, cost: 100, calls: 12 }';
    const yaml =
      'services: { users: { urls: [http://localhost:1] }, content: { urls: [http://localhost:2] } }';
    await folder.write('tight.yaml', `${yaml}\ngraphql: { schema: [schema.graphql], ${limits} }\n`);
    const { code, stdout } = await explain(deep, '--config', 'tight.yaml');
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.startsWith('Refused'))).toEqual([
      'Refused: The document has 12 tokens; at most 10 are allowed.',
      'Refused: The operation is 4 levels deep; at most 3 are allowed.',
      'Refused: The operation has a type cost of 211; at most 100 is allowed.',
      'Refused: The operation may need 22 upstream calls; at most 12 are allowed.',
    ]);
    const { refused } = (await calls(deep, '--config', 'tight.yaml')) as { refused?: string[] };
    expect(refused).toHaveLength(4);
  });

  it('asks for variables that decide what is run', async () => {
    const document = 'query ($deep: Boolean!) { posts { title author @include(if: $deep) { name } } }';
    expect(await explain(document)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the variable $deep decides what is run: give it with --variables\n'),
    });
  });

  it.each([
    ['{ posts { ', 'query.graphql:1:11: Syntax Error: Expected Name, found <EOF>.'],
    ['{ posts { nothing } }', 'query.graphql:1:11: Cannot query field "nothing" on type "Post".'],
  ])('tells what is wrong with %s', async (document, line) => {
    expect(await explain(document)).toMatchObject({ code: 1, stderr: expect.stringContaining(`${line}\n`) });
  });

  it('tells of variables that are not JSON, and of a file that is not there', async () => {
    expect(await explain('{ motto }', '--variables', '{x')).toMatchObject({ code: 2 });
    const { code, stderr } = await runHere(['explain', 'none.graphql'], folder.path);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^none\.graphql can't be read/m),
    });
  });
});
