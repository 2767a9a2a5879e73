import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const SDL = `extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
type Query {
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
      'CALL  AFTER  SERVICE      CONNECTOR                 TIMES                  FOR',
      '1     -      content GET  Query.posts@connect[0]    once                   posts',
      '2     1,3    users GET    User@connect[0]           once for each 50 keys  posts[].author, posts[].comments[].writer',
      '3     1      content GET  Post.comments@connect[0]  once for each          posts[].comments',
    ]);
  });

  it('asks for nothing that no selected field needs', async () => {
    expect((await calls('{ posts { title author { id } } }')).calls).toMatchObject([{ service: 'content' }]);
    expect((await explain('{ motto }')).stdout).toMatch(/^1 +- +- +Query\.motto@connect\[0\] +once +motto$/m);
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
    });
    expect((await explain('{ __schema { types { name } } }')).stdout).toMatch(
      /^No plan: the operation asks for the schema itself\./,
    );
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
