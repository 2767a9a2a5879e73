import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Marketplace, startMarketplace } from '../support/marketplace.ts';

let marketplace: Marketplace;
let token: string;
let adminToken: string;
beforeAll(async () => {
  marketplace = await startMarketplace();
  token = await marketplace.signIn('paper-lantern');
  adminToken = await marketplace.signIn('front-desk');
});
beforeEach(async () => {
  await marketplace.calls();
});
afterAll(() => marketplace.close());

const paths = async () => (await marketplace.calls()).map(({ path }) => path).sort();

describe('entities', () => {
  it('come in one call a kind, however many there are', async () => {
    const { body } = await marketplace.query(`{
      gigs(first: 12) { category { name } seller { headline gigs { title } } reviews { author { handle } } }
    }`);
    expect(body).not.toHaveProperty('errors');
    const called = await paths();
    expect(called.map((path) => path.split('?')[0])).toEqual([
      '/api/categories/',
      '/api/gigs/',
      '/api/gigs/by-seller/',
      '/api/reviews/by-gig/',
      '/api/users/',
      '/api/users/',
    ]);
  });

  it('of a union come each from the service that owns it', async () => {
    const { body } = await marketplace.query(`{
      feed(channel: "business") { __typename ... on Post { title } ... on Product { price { amount } } }
    }`);
    expect(body).toEqual({
      data: {
        feed: [
          { __typename: 'Post', title: 'A price list that ended our haggling' },
          { __typename: 'Product', price: { amount: 29 } },
        ],
      },
    });
    expect(await paths()).toEqual([
      '/api/channels/business/feed/',
      '/api/posts/?id=p-303',
      '/api/products/?sku=contract-kit',
    ]);
  });

  it('that do not exist are null without an error', async () => {
    const { body } = await marketplace.query(
      '{ gig(id: 999) { title } user(id: 999) { handle } post(id: "x") { title } product(id: "x") { title } }',
    );
    expect(body).toEqual({ data: { gig: null, user: null, post: null, product: null } });
  });
});

describe('what is protected', () => {
  it('is refused before any call is made, by what the caller lacks', async () => {
    const query = '{ orderStats { orders } account { email } }';
    expect((await marketplace.query(query)).body).toMatchObject({
      data: { orderStats: null, account: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }, { extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(await paths()).toEqual([]);

    expect((await marketplace.query(query, token)).body).toMatchObject({
      data: { orderStats: null, account: { email: 'hello@paper-lantern.example' } },
      errors: [{ path: ['orderStats'], extensions: { code: 'FORBIDDEN' } }],
    });
    expect(await paths()).toEqual(['/api/profile/']);
  });

  it('is there for whoever has the role', async () => {
    const { body } = await marketplace.query(
      '{ orderStats { orders } users(pageSize: 1) { total } }',
      adminToken,
    );
    expect(body).toEqual({ data: { orderStats: { orders: 8 }, users: { total: 12 } } });
  });
});

describe('mutations', () => {
  it('sign in, order and review, and are seen by the queries after them', async () => {
    const login = await marketplace.query(
      'mutation { login(username: "orchard-goods", password: "portico-demo") { token user { handle role } } }',
    );
    expect(login.body).toMatchObject({
      data: { login: { user: { handle: 'orchard-goods', role: 'CLIENT' } } },
    });
    const own = (login.body as { data: { login: { token: string } } }).data.login.token;

    const order = await marketplace.query(
      `mutation {
        createOrder(input: { gigId: 102, requirements: "Envelopes for seeds." }) { status buyer { handle } }
        postReview(input: { gigId: 102, rating: 4, text: "Seeds stay in." }) { rating author { handle } }
        postComment(postId: "p-308", text: "Worth the wait.") { text author { handle } }
      }`,
      own,
    );
    expect(order.body).toEqual({
      data: {
        createOrder: { status: 'PENDING', buyer: { handle: 'orchard-goods' } },
        postReview: { rating: 4, author: { handle: 'orchard-goods' } },
        postComment: { text: 'Worth the wait.', author: { handle: 'orchard-goods' } },
      },
    });

    const after = await marketplace.query(
      '{ orders(first: 1) { requirements } gig(id: 102) { reviewCount } }',
      own,
    );
    expect(after.body).toEqual({
      data: { orders: [{ requirements: 'Envelopes for seeds.' }], gig: { reviewCount: 2 } },
    });
  });

  it("show a service's refusal in its own words", async () => {
    const { body } = await marketplace.query(
      'mutation { createOrder(input: { gigId: 999, requirements: "?" }) { id } }',
      token,
    );
    expect(body).toMatchObject({
      data: { createOrder: null },
      errors: [
        {
          message: 'Gig not found',
          path: ['createOrder'],
          extensions: {
            code: 'UPSTREAM_STATUS',
            service: 'freelance-service',
            serviceCode: 'not_found',
            http: { status: 404 },
            connector: { coordinate: 'Mutation.createOrder@connect[0]' },
          },
        },
      ],
    });
  });

  it('mark a notification as read', async () => {
    const mark = 'mutation { markNotificationRead(id: 6001) { read } }';
    expect((await marketplace.query(mark, token)).body).toEqual({
      data: { markNotificationRead: { read: true } },
    });
    const { body } = await marketplace.query('{ notifications { unreadCount } }', token);
    expect(body).toEqual({ data: { notifications: { unreadCount: 2 } } });
  });
});
