import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/kernel/configuration-error.ts';
import { readBlueprint } from '../../src/runtime/read-blueprint.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const CONFIG = 'services: {}\ngraphql: { schema: schema.graphql, resolvers: resolvers.ts }\n';
const SDL = 'type Query { greeting: String  time: String }';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function read(resolvers: string): Promise<string> {
  await folder.write('gateway.yaml', CONFIG);
  await folder.write('schema.graphql', SDL);
  await folder.write('resolvers.ts', resolvers);
  try {
    await readBlueprint(path.join(folder.path, 'gateway.yaml'), {});
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.replaceAll(`${folder.path}/`, '');
    throw error;
  }
}

describe('resolvers of one’s own', () => {
  it('count for the fields that they give, and for no others', async () => {
    const both = 'export default { Query: { greeting: () => "hi", time: () => "now" } }';
    expect(await read(both)).toBe('');
    expect(await read('export default { Query: { greeting: () => "hi" } }')).toMatch(/:1:32: .*Query\.time/);
  });

  it('are told to be wrong where the schema has no such field', async () => {
    const wrong = 'export default { Query: { greeting: () => "", time: () => "", tme: () => "" } }';
    expect(await read(wrong)).toMatch(/^resolvers\.ts:\d+:\d+: .*"tme".*Did you mean "time"\?/);
  });

  it('are told of as everything else if they can’t be loaded', async () => {
    expect(await read('export default {')).toMatch(/resolvers\.ts/);
  });
});
