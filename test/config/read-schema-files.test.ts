import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';
import { readSchemaFiles } from '../../src/config/read-schema-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-schema-'));
  await mkdir(path.join(folder, 'schema/more'), { recursive: true });
  await writeFile(path.join(folder, 'schema/b.graphql'), 'type B { b: Int }');
  await writeFile(path.join(folder, 'schema/more/a.graphql'), 'type A { a: Int }');
});
afterAll(() => rm(folder, { recursive: true }));

async function read(graphql: string) {
  const file = path.join(folder, 'gateway.yaml');
  const { loaded } = parseConfig({
    text: `services: {}\nroutes: [{ path: /a, respond: {} }]\n${graphql}`,
    file,
    env: {},
  });
  if (loaded === undefined) throw new Error('the test configuration is faulty');
  const { files, problems } = await readSchemaFiles(loaded);
  return {
    files: files.map(({ file: name, text }) => [path.relative(folder, name), text]),
    problems: problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`),
  };
}

it('reads each file once, in the order of the patterns', async () => {
  expect(await read('graphql: { schema: [schema/more/*.graphql, schema/**/*.graphql] }')).toEqual({
    files: [
      ['schema/more/a.graphql', 'type A { a: Int }'],
      ['schema/b.graphql', 'type B { b: Int }'],
    ],
    problems: [],
  });
});

it('takes one pattern without a list', async () => {
  expect((await read('graphql: { schema: schema/b.graphql }')).files).toHaveLength(1);
});

it('tells of each pattern that matches nothing, at the pattern', async () => {
  const { files, problems } = await read(
    'graphql: { schema: [schema/*.graphql, schem/*.graphql, x.graphql] }',
  );
  expect(files).toHaveLength(1);
  expect(problems).toEqual([
    `3:39 graphql.schema: no file matches "schem/*.graphql"; patterns start at the configuration's folder, ${folder}`,
    `3:56 graphql.schema: no file matches "x.graphql"; patterns start at the configuration's folder, ${folder}`,
  ]);
});

it('tells of an empty list, and reads nothing without graphql', async () => {
  expect((await read('graphql: { schema: [] }')).problems).toEqual([
    '3:20 graphql.schema: the list is empty; name at least one file',
  ]);
  expect(await read('')).toEqual({ files: [], problems: [] });
});
