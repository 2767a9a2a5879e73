import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandBraces, expandGlob } from '../../src/config/glob.ts';

let folder: string;
const FILES = [
  'schema/a.graphql',
  'schema/b.gql',
  'schema/b.graphql',
  'schema/.hidden.graphql',
  'schema/deep/c.graphql',
  'schema/deep/er/d.graphql',
  'schema/node_modules/pack/x.graphql',
  'schema/.git/y.graphql',
  'schema/[odd]+(name).graphql',
  'shared/e.graphql',
];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-glob-'));
  for (const file of FILES) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), '');
  }
  // A link back up: following it for ever would never end.
  await symlink(folder, path.join(folder, 'schema/deep/loop'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('expandGlob', () => {
  it.each<[string, string[]]>([
    ['schema/a.graphql', ['schema/a.graphql']],
    ['./schema/a.graphql', ['schema/a.graphql']],
    ['schema/*.graphql', ['schema/[odd]+(name).graphql', 'schema/a.graphql', 'schema/b.graphql']],
    ['schema/?.graphql', ['schema/a.graphql', 'schema/b.graphql']],
    ['schema/b.{graphql,gql}', ['schema/b.gql', 'schema/b.graphql']],
    ['schema/.*.graphql', ['schema/.hidden.graphql']],
    ['s*/e.graphql', ['shared/e.graphql']],
    ['schema/[odd]+(name).graphql', ['schema/[odd]+(name).graphql']],
    ['schema/deep/er/**', ['schema/deep/er/d.graphql']],
    ['schema/nothing/*.graphql', []],
    ['schema', []],
  ])('%s', async (pattern, expected) => {
    expect(await expandGlob(pattern, folder)).toEqual(expected);
  });

  it('descends with ** into every folder but hidden ones and node_modules, and not in circles', async () => {
    const found = await expandGlob('schema/**/*.graphql', folder);
    expect(found.filter((file) => !file.includes('/loop/'))).toEqual([
      'schema/[odd]+(name).graphql',
      'schema/a.graphql',
      'schema/b.graphql',
      'schema/deep/c.graphql',
      'schema/deep/er/d.graphql',
    ]);
    expect(found.some((file) => file.includes('node_modules') || file.includes('.git'))).toBe(false);
  });

  it('starts at the folder, or at the top for an absolute pattern, or above for ..', async () => {
    expect(await expandGlob(path.join(folder, 'shared/*.graphql'), '/')).toEqual([
      path.join(folder, 'shared/e.graphql'),
    ]);
    expect(await expandGlob('../shared/*.graphql', path.join(folder, 'schema'))).toEqual([
      '../shared/e.graphql',
    ]);
  });
});

it('expandBraces gives every combination once', () => {
  expect(expandBraces('{a,b}/{c,d{e,f}}')).toEqual(['a/c', 'a/de', 'a/df', 'b/c', 'b/de', 'b/df']);
  expect(expandBraces('{a,a}')).toEqual(['a']);
  expect(expandBraces('{a}')).toEqual(['{a}']);
});
