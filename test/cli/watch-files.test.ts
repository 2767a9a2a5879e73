import { appendFile, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sourceFiles } from '../../src/cli/source-files.ts';
import { watchFiles } from '../../src/cli/watch-files.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const CONFIG = `services: {}
graphql:
  schema: [schema/**/*.graphql]
  resolvers: src/resolvers.ts
  trustedDocuments: { file: trusted/documents.json }
`;

let folder: TemporaryFolder;
let watcher: { close(): void } | undefined;
let changes = 0;
let seen: (() => void) | undefined;
/** Called whenever the watcher looks at the files. */
let looked: (() => void) | undefined;

beforeEach(async () => {
  changes = 0;
  folder = await temporaryFolder();
  await folder.write('gateway.yaml', CONFIG);
  await folder.write('schema/a.graphql', 'type Query { a: Int }');
  await folder.write('src/resolvers.ts', 'export default {};');
  await folder.write('src/part.ts', 'export const part = 1;');
  await folder.write('trusted/documents.json', '{}');
  const list = sourceFiles(path.join(folder.path, 'gateway.yaml'));
  watcher = await watchFiles({
    list() {
      looked?.();
      return list();
    },
    async onChange() {
      changes++;
      seen?.();
    },
    quiet: 20,
  });
});
afterEach(async () => {
  watcher?.close();
  await folder.remove();
});

function change(): Promise<void> {
  return new Promise((resolve) => {
    seen = resolve;
  });
}

it.each([
  ['the configuration', 'gateway.yaml'],
  ['a schema file', 'schema/a.graphql'],
  ['the resolvers', 'src/resolvers.ts'],
  ['a module beside the resolvers', 'src/part.ts'],
  ['the trusted documents', 'trusted/documents.json'],
])('notices a write into %s', async (_, name) => {
  const noticed = change();
  await appendFile(path.join(folder.path, name), '\n# more\n');
  await noticed;
});

it('notices a file that an editor replaces, again and again', async () => {
  for (const version of ['b', 'c', 'd']) {
    const noticed = change();
    const temporary = await folder.write('schema/.a.graphql.swp', `type Query { ${version}: Int }`);
    await rename(temporary, path.join(folder.path, 'schema/a.graphql'));
    await noticed;
  }
  expect(changes).toBe(3);
});

it('notices a new .env, a new schema file in a new folder, and one that goes', async () => {
  let noticed = change();
  await folder.write('.env', 'A=1');
  await noticed;

  noticed = change();
  await folder.write('schema/more/b.graphql', 'type B { b: Int }');
  await noticed;

  noticed = change();
  await appendFile(path.join(folder.path, 'schema/more/b.graphql'), ' ');
  await noticed;

  noticed = change();
  await rm(path.join(folder.path, 'schema/more/b.graphql'));
  await noticed;
  expect(changes).toBe(4);
});

it('watches the files of the last good configuration while it is faulty', async () => {
  let noticed = change();
  await folder.write('gateway.yaml', 'services: [');
  await noticed;

  noticed = change();
  await appendFile(path.join(folder.path, 'schema/a.graphql'), ' ');
  await noticed;
});

it('takes no notice of files that matter not, nor of a touch', async () => {
  for (const touch of [
    () => folder.write('schema/notes.txt', 'nothing'),
    () => utimes(path.join(folder.path, 'gateway.yaml'), new Date(), new Date()),
  ]) {
    const look = new Promise<void>((resolve) => {
      looked = resolve;
    });
    await touch();
    await look;
  }
  const noticed = change();
  await appendFile(path.join(folder.path, 'schema/a.graphql'), ' ');
  await noticed;
  expect(changes).toBe(1);
});

it('notices trusted documents that come back', async () => {
  const file = path.join(folder.path, 'trusted/documents.json');
  const gone = change();
  await rm(file);
  await gone;
  const back = change();
  await folder.write('trusted/documents.json', '{}');
  await back;
});
