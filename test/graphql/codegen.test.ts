import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateResolverTypes } from '../../codegen.ts';

const run = promisify(execFile);

const SDL = `
  scalar JSON
  enum Role { ADMIN GUEST }
  interface Node { id: ID! }
  type Query { me: User  user(id: ID!, deep: Boolean = false): User  node: Node }
  type User implements Node { id: ID!  name: String!  role: Role  posts: [Post!]!  data: JSON }
  type Post { id: ID!  title: String!  author: User! }
`;

const GOOD = `
  import type { Resolvers } from './resolvers.generated.ts';
  export const resolvers: Resolvers = {
    Query: {
      me: (_parent, _args, { user }) => (user === null ? null : { id: user.id }),
      user: async (_parent, { id, deep }, { call, signal }) => {
        const truth: boolean = deep;
        signal.throwIfAborted();
        const found = (await call('users', { path: '/users/' + encodeURIComponent(id), query: { truth } })) as { name: string };
        return { id: 7, name: found.name, role: 'ADMIN', posts: [{ id, author: { id } }], data: { any: [1] } };
      },
    },
    User: { name: { requires: ['id'], resolve: (user) => String(user.id) } },
  };
`;

const BAD = `
  import type { Resolvers } from './resolvers.generated.ts';
  export const resolvers: Resolvers = {
    Query: {
      me: () => ({ id: true }),
      user: (_parent, args) => ({ name: args.nmae }),
    },
    User: { name: { requires: ['nmae'], resolve: () => 'x' } },
  };
`;

let folder: string;

beforeAll(async () => {
  // Within the repository, so that the generated file finds its packages.
  folder = await mkdtemp(path.resolve('node_modules/.portico-codegen-'));
  const context = '../../src/graphql/resolver-context.ts';
  await writeFile(path.join(folder, 'resolvers.generated.ts'), await generateResolverTypes(SDL, { context }));
});

afterAll(() => rm(folder, { recursive: true }));

/** What the compiler says of a module of resolvers, under the repository's own rules. */
async function compile(name: string, code: string): Promise<string> {
  const file = path.join(folder, `${name}.ts`);
  await writeFile(file, code);
  const project = path.join(folder, `tsconfig.${name}.json`);
  await writeFile(
    project,
    JSON.stringify({ extends: path.resolve('tsconfig.json'), include: [], files: [file] }),
  );
  const compiler = path.resolve('node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '-p', project, '--noEmit']).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
}

describe('generated resolver types', () => {
  it('let resolvers through that are right', async () => {
    expect(await compile('good', GOOD)).toBe('');
  });

  it('show what is wrong', async () => {
    const said = await compile('bad', BAD);
    const faults = said.split('\n').filter((line) => line.includes('error TS'));
    expect(faults).toEqual([
      expect.stringMatching(/\(5,.*Type '\(\) => \{ id: boolean; \}' is not assignable/),
      expect.stringMatching(/\(6,.*Property 'nmae' does not exist/),
      expect.stringMatching(/\(8,.*Type '"nmae"' is not assignable/),
    ]);
  });
});
