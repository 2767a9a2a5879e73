import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Marketplace, startMarketplace } from '../support/marketplace.ts';

let marketplace: Marketplace;
let token: string;
beforeAll(async () => {
  marketplace = await startMarketplace();
  token = await marketplace.signIn('paper-lantern');
});
afterAll(() => marketplace.close());

describe('the routes of the marketplace', () => {
  it.each([
    ['/api/users/', 'user-service'],
    ['/api/users/2/', 'user-service'],
    ['/api/profile/', 'user-service'],
    ['/api/notifications/', 'notification-service'],
    ['/api/gigs/', 'freelance-service'],
    ['/api/gigs', 'freelance-service'],
    ['/api/orders/5001/', 'freelance-service'],
    ['/api/reviews/?gig_id=103', 'freelance-service'],
    ['/api/proposals/', 'freelance-service'],
    ['/api/posts/p-301/', 'content-service'],
    ['/api/channels/craft/', 'content-service'],
    ['/api/comments/', 'content-service'],
    ['/api/products/', 'marketplace-service'],
    ['/api/categories/', 'marketplace-service'],
  ])('GET %s needs a token and goes to the %s as it is', async (path, service) => {
    await marketplace.calls();
    const refused = await marketplace.ask(path);
    expect([refused.status, refused.body]).toEqual([401, { error: 'Authentication required' }]);
    expect(await marketplace.calls()).toEqual([]);

    const { status, headers } = await marketplace.ask(path, { token });
    expect(status).toBe(200);
    expect(await marketplace.calls()).toMatchObject([
      { service, method: 'GET', path, user: '1', request_id: headers.get('x-request-id') },
    ]);
  });

  it('are open for signing in, renewing a token and registering', async () => {
    const account = { username: 'slow-river', email: 'a@slow-river.example', password: 'delta' };
    const registered = await marketplace.ask('/api/users/', { method: 'POST', body: account });
    expect([registered.status, registered.body]).toMatchObject([201, { username: 'slow-river' }]);
    const login = await marketplace.ask('/api/auth/login/', { method: 'POST', body: account });
    const { refresh } = login.body as { refresh: string };
    const renewed = await marketplace.ask('/api/auth/refresh/', { method: 'POST', body: { refresh } });
    const { access } = renewed.body as { access: string };
    expect((await marketplace.ask('/api/profile/', { token: access })).body).toMatchObject({
      email: account.email,
    });
    // A refresh token is for renewing alone.
    const misused = await marketplace.ask('/api/profile/', { token: refresh });
    expect([misused.status, misused.body]).toEqual([401, { error: 'Invalid token' }]);
  });

  it("pass a service's own errors through untouched", async () => {
    const body = { username: 'paper-lantern', password: 'wrong' };
    const refused = await marketplace.ask('/api/auth/login/', { method: 'POST', body });
    expect([refused.status, refused.body]).toEqual([
      401,
      { error: { code: 'wrong_credentials', message: 'Wrong username or password' } },
    ]);
  });

  it('never take a caller from a header', async () => {
    const headers = { 'X-User-ID': '2', X_User_ID: '2', 'x-username': 'studio-north' };
    const { body } = await marketplace.ask('/api/profile/', { token, headers });
    expect(body).toMatchObject({ id: 1 });
    const login = { username: 'paper-lantern', password: 'portico-demo' };
    await marketplace.calls();
    await marketplace.ask('/api/auth/login/', { method: 'POST', body: login, headers });
    const [call] = await marketplace.calls();
    expect(call).not.toHaveProperty('user');
  });

  it('answer 404 for what is not there', async () => {
    const { status, body } = await marketplace.ask('/api/nothing/', { token });
    expect([status, body]).toEqual([404, { error: 'Not found' }]);
  });

  it.each(['/health', '/api/health/'])('tell the state of all five services at %s', async (path) => {
    const { status, body } = await marketplace.ask(path);
    const healthy = { status: 'healthy', response_time: expect.any(Number), url: expect.any(String) };
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'healthy',
      gateway: 'running',
      services: {
        'user-service': healthy,
        'notification-service': healthy,
        'freelance-service': healthy,
        'content-service': healthy,
        'marketplace-service': healthy,
      },
    });
  });

  it('leave a line in the log with everything that one looks for', async () => {
    const { headers } = await marketplace.ask('/api/gigs/101/?x=1', { token });
    const requestId = headers.get('x-request-id');
    const { log } = marketplace;
    const find = () => log.requests().find((line) => line.requestId === requestId);
    // The client may have its answer before the line is written.
    while (find() === undefined) await log.ended(log.requests().length + 1);
    expect(find()).toMatchObject({
      method: 'GET',
      path: '/api/gigs/101/',
      status: 200,
      user: '1',
      ip: '127.0.0.1',
      duration: expect.any(Number),
    });
  });
});
