import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContentService } from '../../examples/marketplace/services/content-service.ts';
import { createFreelanceService } from '../../examples/marketplace/services/freelance-service.ts';
import { createMarketplaceService } from '../../examples/marketplace/services/marketplace-service.ts';
import { createNotificationService } from '../../examples/marketplace/services/notification-service.ts';
import { createUserService } from '../../examples/marketplace/services/user-service.ts';
import type { Service } from '../../examples/service/service.ts';

// What the five services answer with no gateway before them: the schema and the gateway's tests build on it.
const services: readonly Service[] = [
  createUserService(),
  createNotificationService(),
  createFreelanceService(),
  createContentService(),
  createMarketplaceService(),
];
const urls = new Map<string, string>();

beforeAll(async () => {
  for (const service of services) urls.set(service.name, await service.listen(0));
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
});

interface Sent {
  readonly method?: string;
  readonly as?: number;
  readonly body?: object | string;
}

async function ask(service: string, path: string, { method = 'GET', as, body }: Sent = {}) {
  const response = await fetch(`${urls.get(service)}${path}`, {
    method,
    headers: as === undefined ? {} : { 'x-user-id': String(as) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const post = (body: object | string, as?: number): Sent => ({
  method: 'POST',
  body,
  ...(as !== undefined && { as }),
});

describe('every service', () => {
  it.each(services.map((service) => service.name))('%s is healthy, counts calls and resets', async (name) => {
    await ask(name, '/_calls', { method: 'DELETE' });
    expect((await ask(name, '/api/health/')).body).toMatchObject({ status: 'healthy', service: name });
    expect((await ask(name, '/_calls')).body).toEqual({ count: 0, log: [] });

    const lost = await ask(name, '/api/nowhere/?a=1', { as: 7 });
    expect(lost).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    expect((await ask(name, '/_calls')).body).toEqual({
      count: 1,
      log: [{ method: 'GET', path: '/api/nowhere/?a=1', user: '7' }],
    });
  });
});

describe('user-service', () => {
  it('gives the users that a batch asks for, and never an address', async () => {
    const { body } = await ask('user-service', '/api/users/?id=3&id=1&id=999');
    expect(body.results.map((user: { id: number }) => user.id)).toEqual([1, 3]);
    expect(JSON.stringify(body)).not.toContain('@');
  });

  it('signs a user in with the demo password alone', async () => {
    const login = { username: 'paper-lantern', password: 'portico-demo' };
    const { status, body } = await ask('user-service', '/api/auth/login/', post(login));
    expect(status).toBe(200);
    expect(decodeJwt(body.access)).toMatchObject({
      user_id: 1,
      username: 'paper-lantern',
      roles: ['client'],
    });

    for (const wrong of [
      { ...login, password: 'portico' },
      { ...login, username: 'nobody' },
    ]) {
      const refused = await ask('user-service', '/api/auth/login/', post(wrong));
      expect(refused).toEqual({
        status: 401,
        body: { error: { code: 'wrong_credentials', message: 'Wrong username or password' } },
      });
    }
  });

  it('renews with a refresh token and not with an access token', async () => {
    const login = { username: 'studio-north', password: 'portico-demo' };
    const { body } = await ask('user-service', '/api/auth/login/', post(login));
    const renewed = await ask('user-service', '/api/auth/refresh/', post({ refresh: body.refresh }));
    expect(decodeJwt(renewed.body.access)).toMatchObject({ user_id: 2 });
    const refused = await ask('user-service', '/api/auth/refresh/', post({ refresh: body.access }));
    expect(refused.status).toBe(401);
  });

  it('registers a user once, who can then sign in with their own password', async () => {
    const account = { username: 'late-bloom', email: 'a@late-bloom.example', password: 'first light' };
    const first = await ask('user-service', '/api/users/', post(account));
    expect(first).toMatchObject({ status: 201, body: { id: 13, username: 'late-bloom' } });
    expect((await ask('user-service', '/api/users/', post(account))).status).toBe(409);
    expect((await ask('user-service', '/api/auth/login/', post(account))).status).toBe(200);
  });

  it('shows a profile, address included, to its owner', async () => {
    expect((await ask('user-service', '/api/profile/', { as: 3 })).body.email).toBe(
      'post@ink-and-paper.example',
    );
    expect((await ask('user-service', '/api/profile/')).status).toBe(401);
  });

  it.each(['{"username":', '[]', '{"username": 5, "password": "x"}'])('refuses the body %s', async (text) => {
    const refused = await ask('user-service', '/api/auth/login/', post(text));
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid' } } });
  });
});

describe('notification-service', () => {
  it("shows and marks a caller's own notifications", async () => {
    const unread = '/api/notifications/?is_read=false&page_size=2';
    const before = await ask('notification-service', unread, { as: 1 });
    expect(before.body).toMatchObject({ count: 3, unread_count: 3 });
    expect(before.body.results).toHaveLength(2);

    const patch = { method: 'PATCH', as: 1 };
    expect((await ask('notification-service', '/api/notifications/6005/', patch)).status).toBe(404);
    expect((await ask('notification-service', '/api/notifications/6001/', patch)).body.is_read).toBe(true);
    expect((await ask('notification-service', unread, { as: 1 })).body.unread_count).toBe(2);

    const all = await ask('notification-service', '/api/notifications/read-all/', { method: 'POST', as: 1 });
    expect(all.body).toEqual({ updated: 2, unread_count: 0 });
    expect((await ask('notification-service', unread)).status).toBe(401);
  });
});

describe('freelance-service', () => {
  it('filters and pages gigs', async () => {
    const { body } = await ask('freelance-service', '/api/gigs/?category=design&page_size=2');
    expect(body).toMatchObject({ count: 3, next: '?page=2&page_size=2', previous: null });
    expect(body.results.map((gig: { id: number }) => gig.id)).toEqual([101, 102]);
    const featured = await ask('freelance-service', '/api/gigs/?featured=true');
    expect(featured.body.count).toBe(6);
  });

  it('groups reviews by gig and gigs by seller', async () => {
    const reviews = await ask('freelance-service', '/api/reviews/by-gig/?gig_id=103&gig_id=999&gig_id=102');
    expect(reviews.body.results).toMatchObject([
      { gig_id: 103, reviews: [{ id: 7001 }, { id: 7002 }] },
      { gig_id: 102, reviews: [{ id: 7015 }] },
    ]);
    const gigs = await ask('freelance-service', '/api/gigs/by-seller/?seller_id=2&seller_id=1');
    expect(gigs.body.results).toMatchObject([
      { seller_id: 2, gigs: [{ id: 101 }, { id: 102 }] },
      { seller_id: 1, gigs: [] },
    ]);
  });

  it('takes an order for a gig of somebody else, and shows it to both parties alone', async () => {
    const order = { gig_id: '106', requirements: 'Two databases, one afternoon.' };
    const placed = await ask('freelance-service', '/api/orders/', post(order, 1));
    expect(placed).toMatchObject({
      status: 201,
      body: { gig_id: 106, buyer_id: 1, seller_id: 4, status: 'pending' },
    });

    const path = `/api/orders/${placed.body.id}/`;
    expect((await ask('freelance-service', path, { as: 4 })).status).toBe(200);
    expect((await ask('freelance-service', path, { as: 2 })).status).toBe(404);
    expect((await ask('freelance-service', '/api/orders/', post(order, 4))).status).toBe(409);
    expect((await ask('freelance-service', '/api/orders/', post(order))).status).toBe(401);
    expect((await ask('freelance-service', '/api/orders/', post({ gig_id: 106 }, 1))).status).toBe(400);
  });
});

describe('content-service', () => {
  it('pages posts by cursor and brings their channel along', async () => {
    const first = await ask('content-service', '/api/posts/?limit=3');
    expect(first.body.items).toHaveLength(3);
    expect(first.body.items[0]).toMatchObject({ id: 'p-301', author_id: '3', channel: { slug: 'craft' } });
    const next = await ask('content-service', `/api/posts/?limit=10&cursor=${first.body.next_cursor}`);
    expect(next.body.items[0].id).toBe('p-304');
    expect(next.body.next_cursor).toBeNull();
  });

  it('has a feed of mixed kinds and takes comments', async () => {
    const feed = await ask('content-service', '/api/channels/craft/feed/');
    expect(feed.body.items.map((item: { kind: string }) => item.kind)).toEqual([
      'post',
      'gig',
      'product',
      'post',
    ]);
    const comment = { post_id: 'p-308', text: 'Eleven hours well spent.' };
    const made = await ask('content-service', '/api/comments/', post(comment, 2));
    expect(made).toMatchObject({ status: 201, body: { post_id: 'p-308', author_id: '2' } });
    expect(
      (await ask('content-service', '/api/comments/', post({ ...comment, post_id: 'p-0' }, 2))).status,
    ).toBe(404);
  });
});

describe('marketplace-service', () => {
  it('gives products and categories by lists of keys', async () => {
    const products = await ask('marketplace-service', '/api/products/?sku=harbour-print&sku=contract-kit');
    expect(products.body.data).toMatchObject([
      { sku: 'contract-kit', category: { id: 'writing', name: 'Writing' } },
      { sku: 'harbour-print' },
    ]);
    const categories = await ask('marketplace-service', '/api/categories/?ids=audio,design');
    expect(categories.body.data.map((category: { id: string }) => category.id)).toEqual(['design', 'audio']);
  });

  it("recommends nothing of the caller's own", async () => {
    const { body } = await ask('marketplace-service', '/api/products/recommended/?per_page=3', { as: 5 });
    expect(body.meta).toEqual({ page: 1, per_page: 3, total: 8 });
    expect(body.data.every((product: { seller_id: number }) => product.seller_id !== 5)).toBe(true);
  });
});
