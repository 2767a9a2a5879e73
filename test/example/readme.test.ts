import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContentService } from '../../examples/marketplace/services/content-service.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const block = (name: string) => README.split(`# my/${name}\n`)[1]?.split('```')[0] ?? '';

const service = createContentService();
let gateway: TestGateway;
beforeAll(async () => {
  const url = await service.listen(0);
  gateway = await startGateway({
    config: block('gateway.yaml').replace('http://localhost:3000', url),
    sdl: { 'schema.graphql': block('schema.graphql') },
  });
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

describe("the README's own service", () => {
  it('answers the query that stands below it', async () => {
    const query = /`(\{ posts\(.*?\})` now takes two calls/.exec(README)?.[1];
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await response.json()).toEqual({
      data: {
        posts: [
          {
            title: 'Four drafts of the same coastline',
            comments: [{ text: 'The fourth one has wind in it.' }, { text: 'Please show the second, too.' }],
          },
          {
            title: 'Queues are a kindness to your future self',
            comments: [{ text: 'Can confirm. Ours was four hours late for a year.' }],
          },
          {
            title: 'A price list that ended our haggling',
            comments: [{ text: 'No asterisks is the whole trick.' }, { text: 'As a client: thank you.' }],
          },
        ],
      },
    });
  });

  it('is reached through its route as well', async () => {
    const response = await fetch(`${gateway.url}/blog/posts/p-302/`);
    expect(await response.json()).toMatchObject({ title: 'Queues are a kindness to your future self' });
  });
});
