import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Marketplace, startMarketplace } from '../support/marketplace.ts';

const HOME = readFileSync(
  new URL('../../examples/marketplace/queries/home.graphql', import.meta.url),
  'utf8',
);

let marketplace: Marketplace;
let token: string;
beforeEach(async () => {
  marketplace = await startMarketplace();
  token = await marketplace.signIn('paper-lantern');
});
afterEach(() => marketplace.close());

describe('without one of the services', () => {
  it('a field without a fallback is null with one error, and the rest is there', async () => {
    await marketplace.stop('content-service');
    const { status, body } = await marketplace.query(HOME, token);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      data: { posts: null, gigs: [{}, {}, {}, {}], notifications: { unreadCount: 3 } },
      errors: [
        {
          path: ['posts'],
          extensions: {
            code: 'UPSTREAM_UNREACHABLE',
            service: 'content-service',
            connector: { coordinate: 'Query.posts@connect[0]' },
          },
        },
      ],
    });
  });

  it('a field with a fallback has the last good list, or the value where there was none', async () => {
    const gigs = '{ gigs(first: 2) { title } }';
    const before = await marketplace.query(gigs);
    await marketplace.stop('freelance-service');
    const fallback = { path: ['gigs'], reason: 'UPSTREAM_UNREACHABLE', service: 'freelance-service' };
    expect((await marketplace.query(gigs)).body).toEqual({
      ...(before.body as object),
      extensions: { fallbacks: [{ ...fallback, from: 'stale' }] },
    });
    expect((await marketplace.query('{ gigs(first: 3) { title } }')).body).toEqual({
      data: { gigs: [] },
      extensions: { fallbacks: [{ ...fallback, from: 'value' }] },
    });
  });

  it("one caller's last good answer is not another's", async () => {
    const notifications = '{ notifications { unreadCount } }';
    const other = await marketplace.signIn('orchard-goods');
    await marketplace.query(notifications, token);
    await marketplace.stop('notification-service');
    expect((await marketplace.query(notifications, token)).body).toMatchObject({
      data: { notifications: { unreadCount: 3 } },
    });
    expect((await marketplace.query(notifications, other)).body).toMatchObject({
      data: { notifications: null },
      errors: [{ extensions: { code: 'UPSTREAM_UNREACHABLE' } }],
    });
  });

  it('authors are null where only their ids are known, and posts stay', async () => {
    await marketplace.stop('user-service');
    const { body } = await marketplace.query(
      '{ posts(first: 2) { title author { displayName } } me { handle } }',
      token,
    );
    expect(body).toMatchObject({
      data: {
        posts: [{ title: 'Four drafts of the same coastline', author: null }, { author: null }],
        me: { handle: 'paper-lantern' },
      },
    });
  });

  it('routes answer 502, or with their fallback', async () => {
    await Promise.all(['content-service', 'marketplace-service'].map((name) => marketplace.stop(name)));
    const posts = await marketplace.ask('/api/posts/', { token });
    expect([posts.status, posts.body]).toEqual([502, { error: 'Bad gateway' }]);
    const products = await marketplace.ask('/api/products/', { token });
    expect([products.status, products.headers.get('x-portico-fallback')]).toEqual([200, 'value']);
    expect(products.body).toEqual({ data: [], meta: { page: 1, per_page: 20, total: 0 } });
  });
});
