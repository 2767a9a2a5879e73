import { readFileSync } from 'node:fs';
import { parse, print } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Marketplace, startMarketplace } from '../support/marketplace.ts';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const HOME = read('examples/marketplace/queries/home.graphql');
const README = read('README.md');

let marketplace: Marketplace;
let token: string;
beforeAll(async () => {
  marketplace = await startMarketplace();
  token = await marketplace.signIn('paper-lantern');
});
beforeEach(async () => {
  await marketplace.calls();
});
afterAll(() => marketplace.close());

const lines = async () => (await marketplace.calls()).map(({ method, path }) => `${method} ${path}`).sort();

describe('the home page', () => {
  it('takes one call of each of the five services, and all that it asks for is there', async () => {
    const { status, body } = await marketplace.query(HOME, token);
    expect(await lines()).toEqual([
      'GET /api/gigs/?featured=true&page_size=4',
      'GET /api/notifications/?is_read=false&page_size=3',
      'GET /api/posts/?limit=3',
      'GET /api/products/recommended/?per_page=4',
      'GET /api/users/?id=3&id=4&id=2',
    ]);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('errors');
    expect(body).toMatchObject({
      data: {
        me: { id: '1', handle: 'paper-lantern' },
        notifications: { unreadCount: 3, items: [{ kind: 'order' }, { kind: 'comment' }, { kind: 'order' }] },
        gigs: [
          { price: { amount: 480, currency: 'EUR' }, seller: { displayName: 'Studio North' } },
          {},
          {},
          {},
        ],
        posts: [
          { author: { displayName: 'Ink & Paper' }, channel: { name: 'Craft notes' } },
          { author: { displayName: 'Quiet Circuit' } },
          { author: { displayName: 'Studio North' } },
        ],
        recommendedProducts: [{ category: { name: 'Writing' } }, {}, {}, {}],
      },
    });
  });

  it('takes the same five calls every time', async () => {
    for (let i = 0; i < 20; i++) {
      await marketplace.query(HOME, token);
      expect(await lines()).toHaveLength(5);
    }
  });

  it('carries one request id and the caller to every service', async () => {
    const { headers } = await marketplace.query(HOME, token);
    const calls = await marketplace.calls();
    const id = headers.get('x-request-id');
    expect(calls.map((call) => [call.user, call.request_id])).toEqual(calls.map(() => ['1', id]));
  });

  it('stands in the README as it is, with its calls', () => {
    const blocks = [...README.matchAll(/```graphql\n(query Home[\s\S]*?)```/g)].map(
      (match) => match[1] ?? '',
    );
    expect(blocks.map((block) => print(parse(block)))).toEqual([print(parse(HOME))]);
    expect(README).toContain('five services in five upstream calls');
  });

  it('fetches the caller only if more is asked for than the token says', async () => {
    const few = await marketplace.query('{ me { id handle } }', token);
    expect(few.body).toEqual({ data: { me: { id: '1', handle: 'paper-lantern' } } });
    expect(await lines()).toEqual([]);
    const more = await marketplace.query('{ me { handle displayName } }', token);
    expect(more.body).toEqual({ data: { me: { handle: 'paper-lantern', displayName: 'Paper Lantern' } } });
    expect(await lines()).toEqual(['GET /api/users/?id=1']);
  });

  it('shows an anonymous visitor what is open, and says why the rest is not', async () => {
    const { body } = await marketplace.query(HOME);
    expect(body).toMatchObject({
      data: { me: null, notifications: null, gigs: [{}, {}, {}, {}], posts: [{}, {}, {}] },
      errors: [
        { path: ['me'], extensions: { code: 'UNAUTHENTICATED' } },
        { path: ['notifications'], extensions: { code: 'UNAUTHENTICATED' } },
      ],
    });
    expect(await lines()).toHaveLength(4);
  });
});

describe('the README', () => {
  it('gives the first query with its true answer', async () => {
    const [, body = ''] = /-d '(\{"query":.*\})'/.exec(README) ?? [];
    const [, answer = ''] = /```json\n(.*)\n```/.exec(README) ?? [];
    const { query } = JSON.parse(body) as { query: string };
    expect((await marketplace.query(query)).body).toEqual(JSON.parse(answer));
    expect(await lines()).toEqual(['GET /api/posts/?limit=2', 'GET /api/users/?id=3&id=4']);
  });
});
