import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/kernel/problem.ts';
import { buildFrom } from '../support/build-blueprint.ts';

const GOOD = readFileSync(path.join(import.meta.dirname, 'good/shop.graphql'), 'utf8');
const env = { KEY: 'k' };

function problemsOf(sdl: string): string[] {
  const { problems } = buildFrom({ sdl, env });
  // What is called once for each item depends on what else there is, and is no matter of spelling.
  return problems.filter(({ message }) => !message.includes('is called once for each')).map(formatProblem);
}

/** What is written, what is written instead, and the one thing that is said of it. */
const SLIPS: readonly (readonly [string, string, string])[] = [
  // The head of the file
  [
    'connect/v0.4',
    'connect/v4',
    '3:14: "https://specs.apollo.dev/connect/v4" must end with a version: one of v0.1, v0.2, v0.3, v0.4',
  ],
  [
    'connect/v0.4',
    'connect/v0.9',
    '3:14: version 0.9 of the Connect specification is not known; use one of 0.1, 0.2, 0.3, 0.4',
  ],
  ['@source(', '@sorce(', '4:3: Unknown directive "@sorce". Did you mean "@source"?'],
  ['name: "shop"\n', 'nme: "shop"\n', '5:5: @source has no "nme". Did you mean "name"?'],
  [
    'name: "shop"\n',
    'name: "shpo"\n',
    '13:15: there is no source or service "shop" (6 connectors name it). Did you mean "shpo"?',
  ],
  ['baseURL:', 'baseUrl:', '6:13: @source(http:) has no "baseUrl". Did you mean "baseURL"?'],
  [
    '"http://shop.test/"',
    '"htp://shop.test/"',
    '6:23: "htp" is not supported: a URL begins with http:// or https://.',
  ],
  ['"http://shop.test/"', '8001', '6:22: @source(http.baseURL:) must be a string'],
  ['value: "Bearer', 'vale: "Bearer', '6:78: @source(http.headers:) has no "vale". Did you mean "value"?'],
  ['$env.KEY}', '$env.KEY', '6:93: There is no } that closes this {.'],
  ['$env.KEY', '$env.KEI', '6:94: warning: the environment variable KEI is not set'],
  ['errors: {', 'error: {', '7:5: @source has no "error". Did you mean "errors"?'],
  // Connectors
  [
    'source: "shop"\n      http: { GET: "/posts",',
    'source: "shp"\n      http: { GET: "/posts",',
    '13:15: there is no source or service "shp". Did you mean "shop"?',
  ],
  [
    'source: "shop"\n      http: { GET: "/posts",',
    'source: shop\n      http: { GET: "/posts",',
    '13:15: @connect(source:) must be a string',
  ],
  ['http: { GET: "/posts",', 'htp: { GET: "/posts",', '14:7: @connect has no "htp". Did you mean "http"?'],
  ['GET: "/posts",', 'get: "/posts",', '14:15: @connect(http:) has no "get". Did you mean "GET"?'],
  ['queryParams:', 'queryParam:', '14:30: @connect(http:) has no "queryParam". Did you mean "queryParams"?'],
  ['$args.first', '$args.frst', '14:51: Query.posts has no argument "frst". Did you mean "first"?'],
  ['$args.first', '$arg.first', '14:51: Unknown variable $arg. Did you mean "$args"?'],
  [
    'selection: "$.items',
    'selecton: "$.items',
    '15:7: @connect has no "selecton". Did you mean "selection"?',
  ],
  [
    'id title author: { id: userId } }',
    'id titel author: { id: userId } }',
    '15:32: type Post has no field "titel". Did you mean "title"?',
  ],
  ['post(id: ID!)', 'post(ident: ID!)', '20:29: Query.post has no argument "id".'],
  [
    'post(id: ID!)',
    'post(id: Int!)',
    '17:8: argument "id" of post is Int!, but Post.id, which it is the key to, is ID!',
  ],
  [
    '/posts/{$args.id}',
    '/posts/$args.id',
    '20:28: warning: $args.id is sent as it is written: a value stands in braces, as in {$args.id}',
  ],
  [
    '/posts/{$args.id}',
    '/posts/{args.id}',
    '20:29: args would be read from the answer, but there is none yet; begin with a variable such as $args.args',
  ],
  ['/posts/{$args.id}', '/posts/{$args.id->trimm}', '20:39: Unknown method ->trimm. Did you mean "trim"?'],
  ['entity: true', 'entty: true', '21:7: @connect has no "entty". Did you mean "entity"?'],
  ['entity: true', 'entity: "true"', '21:15: @connect(entity:) must be true or false'],
  [
    "{$args.tags->joinNotNull(',')}",
    '{$args.tags}',
    "27:47: $args.tags is a list, and only a single value can stand here: join it, as in {$args.tags->joinNotNull(',')}",
  ],
  ['kind->match', 'kind->mach', '30:17: Unknown method ->mach. Did you mean "match"?'],
  [
    '__typename: "Post"',
    '__typename: "Pst"',
    '31:20: "Pst" is not one of Hit\'s types. Did you mean "Post"?',
  ],
  ['"$status->eq(200)"', '"$status == 200"', '45:27: Unexpected character "=".'],
  ['"ids: $batch.id"', '"ids: $batch.ident"', '62:41: type User has no field "ident".'],
  [
    '"ids: $batch.id"',
    '"ids: $args.id"',
    '62:41: $args is not available in @connect on a type; use $this or $batch',
  ],
  [
    'batch: { maxSize',
    'batch: { maxsize',
    '63:14: @connect(batch:) has no "maxsize". Did you mean "maxSize"?',
  ],
  [
    '$.results { id name',
    '$.results { name',
    '64:16: the selection must give "id" too, so that each User of the answer finds its place',
  ],
  ['{$this.id}/posts', '{$this.ident}/posts', '73:52: type User has no field "ident".'],
  // Types
  [
    'type Query {',
    'type Qery {',
    '10:6: "Qery" is no root type, so that no operation begins there. Did you mean "Query"?',
  ],
  [
    'type Mutation {',
    'type Mutaton {',
    '39:6: warning: "Mutaton" is no root type, so that no operation begins there. Did you mean "Mutation"?',
  ],
  [
    '@authenticated',
    '@authentcated',
    '41:5: Unknown directive "@authentcated". Did you mean "@authenticated"?',
  ],
  [
    '@authenticated',
    '@requiresRoles',
    '41:5: Directive "@requiresRoles" argument "roles" of type "[String!]!" is required, but it was not provided.',
  ],
  ['union Hit = Post | User', 'union Hit = Post | Usr', '50:20: Unknown type "Usr". Did you mean "User"?'],
  [
    'Post @key(fields: "id")',
    'Post @key(fields: "di")',
    '52:25: type Post has no field "di". Did you mean "id"?',
  ],
  ['mood: Mood', 'mood: Moode', '69:9: Unknown type "Moode". Did you mean "Mood"?'],
  [
    'mood legacy }',
    'legacy }',
    '69:3: nothing resolves User.mood: no connector selects it, and it has no @connect',
  ],
  ['@fallback(value: [])', '@fallback(value: 5)', '72:22: the type is [Post]: the fallback must be a list'],
  ['  title: String\n', '  title String\n', '54:9: syntax error: Expected ":", found Name "String".'],
];

describe('one slip in a schema', () => {
  it('is made in one that is in order', () => {
    expect(problemsOf(GOOD)).toEqual([]);
  });

  it.each(SLIPS)('%j written as %j is told of once, at its place', (written, slip, problem) => {
    expect(GOOD).toContain(written);
    const said = problemsOf(GOOD.replace(written, () => slip));
    expect(said).toEqual([expect.stringContaining(`schema.graphql:${problem}`)]);
  });
});
