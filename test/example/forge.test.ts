import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMarketService } from '../../examples/forge/services/market-service.ts';
import { createTradingService } from '../../examples/forge/services/trading-service.ts';
import { runHere } from '../support/command-line.ts';
import { type DatabaseServer, databaseKinds, newStorage } from '../support/database-kinds.ts';
import { type Example, type ExampleRequest, startExample } from '../support/example.ts';

const FOLDER = new URL('../../examples/forge/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const { accounts } = JSON.parse(read('tour.json'));

interface AuditLine {
  readonly action: string;
  readonly outcome: string;
  readonly who?: { readonly id: string; readonly via: string };
  readonly object?: string;
  readonly reason?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

describe.each(databaseKinds('the forge'))('the forge on the $kind database', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => {
    if (!kind.missing) server = await kind.start();
  });
  afterAll(() => server?.close());

  describe.skipIf(kind.missing)('as it ships', () => {
    let forge: Example;
    let env: Record<string, string>;
    beforeEach(async () => {
      const { database, dataDir } = await newStorage(server);
      env = { DATABASE_URL: database, DATA_DIR: dataDir };
      const services = [createMarketService(), createTradingService()];
      forge = await startExample({ config: 'examples/forge/gateway.yaml', services, env, accounts });
    });
    afterEach(() => forge.close());

    const ask = (path: string, request?: ExampleRequest) => forge.ask(path, request);
    const post = (path: string, body: object, token?: string) => ask(path, { method: 'POST', token, body });
    const key = (text: string): ExampleRequest => ({ headers: { 'X-API-Key': text } });

    async function signIn(username: string, password = 'portico-demo') {
      const { status, body } = await post('/auth/login', { username, password });
      expect(status).toBe(200);
      return body as { access_token: string; refresh_token: string; expires_in: number };
    }

    async function makeKey(token: string, wanted: object): Promise<{ key: string; id: string }> {
      const { status, body } = await post('/auth/keys', wanted, token);
      expect(status).toBe(201);
      return body as { key: string; id: string };
    }

    /** What `portico audit` prints once the gateway has ended, and so has written all of it. */
    async function audit(...options: string[]): Promise<AuditLine[]> {
      await forge.gateway.close();
      const before = { ...process.env };
      Object.assign(process.env, env);
      try {
        const config = new URL('gateway.yaml', FOLDER).pathname;
        const { code, stdout, stderr } = await runHere(['audit', '--config', config, ...options], '/');
        expect([code, stderr]).toEqual([0, '']);
        return stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as AuditLine);
      } finally {
        process.env = before;
      }
    }

    it('registers, logs in, refreshes and logs out', async () => {
      const account = { username: 'new-leaf', password: 'turned over' };
      const registered = await post('/auth/register', account);
      expect([registered.status, registered.body]).toEqual([
        201,
        { id: expect.any(String), username: 'new-leaf' },
      ]);
      expect((await post('/auth/login', { ...account, password: 'turned' })).status).toBe(401);
      const first = await signIn(account.username, account.password);
      expect(first).toMatchObject({ token_type: 'Bearer', expires_in: 1800 });
      const renewed = await post('/auth/refresh', { refresh_token: first.refresh_token });
      const { access_token: token } = renewed.body as { access_token: string };
      expect((await ask('/api/v1/quotes', { token })).status).toBe(200);
      expect((await post('/auth/logout', {}, token)).status).toBe(204);
      expect((await ask('/api/v1/quotes', { token })).status).toBe(401);
    });

    it('lets each do what they may, by token and by key', async () => {
      await post('/auth/register', { username: 'new-leaf', password: 'turned over' });
      const [desk, admin, leaf] = [
        await signIn('desk-lamp'),
        await signIn('front-desk'),
        await signIn('new-leaf', 'turned over'),
      ];
      const order = { symbol: 'QUAY', side: 'buy', quantity: 5 };
      const strategy = { name: 'Ebb', formula: 'last' };
      const statuses = async (token: string | undefined) => [
        (await ask('/api/v1/quotes/QUAY', { token })).status,
        (await ask('/api/v1/orders', { token })).status,
        (await post('/api/v1/orders', order, token)).status,
        (await post('/api/v1/strategies', strategy, token)).status,
      ];
      expect(await statuses(desk.access_token)).toEqual([200, 200, 201, 201]);
      expect(await statuses(admin.access_token)).toEqual([200, 200, 403, 201]);
      expect(await statuses(leaf.access_token)).toEqual([200, 403, 403, 403]);
      expect(await statuses(undefined)).toEqual([401, 401, 401, 401]);
      // The service is told who it was, and sees nobody else's.
      const { body } = await ask('/api/v1/orders', { token: desk.access_token });
      expect(body).toMatchObject({ items: [{ symbol: 'QUAY', quantity: 5 }] });
    });

    it('makes keys that may do no more than who made them, lists and revokes them', async () => {
      const { access_token: token } = await signIn('desk-lamp');
      const made = await makeKey(token, { name: 'nightly export', scopes: ['orders:read'] });
      expect((await ask('/api/v1/orders', key(made.key))).status).toBe(200);
      const order = { symbol: 'QUAY', side: 'buy', quantity: 5 };
      const placed = await ask('/api/v1/orders', { ...key(made.key), method: 'POST', body: order });
      expect(placed.status).toBe(403);
      expect((await post('/auth/keys', { name: 'too much', roles: ['admin'] }, token)).status).toBe(403);

      const { body } = await ask('/auth/keys', { token });
      expect(body).toEqual([expect.objectContaining({ id: made.id, name: 'nightly export' })]);
      expect(JSON.stringify(body)).not.toContain(made.key);
      expect((await ask(`/auth/keys/${made.id}`, { method: 'DELETE', token })).status).toBe(204);
      expect((await ask('/api/v1/orders', key(made.key))).status).toBe(401);
    });

    it('shows a desk, with what its user may see of it', async () => {
      const { access_token: token } = await signIn('desk-lamp');
      const { body } = await forge.query(read('queries/desk.graphql'), token);
      expect(body).toMatchObject({
        data: {
          me: { name: 'desk-lamp', roles: ['quant'] },
          strategies: [
            { name: 'Tides', formula: 'mean(20) - last', quotes: [{ symbol: 'HRBR', last: 41.2 }, {}] },
            {},
          ],
        },
      });
      expect((await forge.calls()).map(({ path }) => path).sort()).toEqual([
        '/api/v1/quotes?symbol=HRBR&symbol=QUAY&symbol=MILL',
        '/api/v1/strategies',
      ]);
      const order = await forge.query(read('queries/order.graphql'), token);
      expect(order.body).toEqual({
        data: { placeOrder: { id: 'order-1', quantity: 5, quote: { name: 'Quay Press', last: 88.1 } } },
      });

      await post('/auth/register', { username: 'new-leaf', password: 'turned over' });
      const leaf = await signIn('new-leaf', 'turned over');
      const less = await forge.query('{ strategies { name formula } orders { id } }', leaf.access_token);
      expect(less.body).toMatchObject({
        data: { strategies: [{ name: 'Tides', formula: null }, {}], orders: null },
      });
    });

    it('has a limit for orders, an older shape that is going away, and quotes while the market is away', async () => {
      const { access_token: token } = await signIn('desk-lamp');
      const order = { symbol: 'QUAY', side: 'sell', quantity: 1 };
      const orders = [];
      for (let i = 0; i < 31; i += 1) orders.push(await post('/api/v1/orders', order, token));
      expect(orders.map(({ status }) => status)).toEqual([...Array(30).fill(201), 429]);
      expect(orders.at(-1)?.body).toMatchObject({ detail: 'No more than 30 orders in 60 seconds' });

      const older = await ask('/api/v0/quotes/QUAY', { token });
      expect(older.body).toEqual({ quote: { ticker: 'QUAY', price: 88.1 } });
      expect([older.headers.get('deprecation'), older.headers.get('sunset')]).not.toContain(null);

      const quotes = await ask('/api/v1/quotes', { token });
      await forge.stop('market-service');
      const kept = await ask('/api/v1/quotes', { token });
      expect([kept.status, kept.headers.get('x-portico-fallback')]).toEqual([200, 'stale']);
      expect(kept.body).toEqual(quotes.body);
    });

    it('has all of that on record: who, from where, what, and no secret', async () => {
      const password = 'turned over';
      const registered = await post('/auth/register', { username: 'new-leaf', password });
      const { id: leaf } = registered.body as { id: string };
      await post('/auth/login', { username: 'new-leaf', password: 'a wrong guess' });
      await post('/auth/login', { username: 'nobody-here', password: 'a wrong guess' });
      const { access_token: token, refresh_token } = await signIn('new-leaf', password);
      const made = await makeKey(token, { name: 'nightly export' });
      for (let i = 0; i < 5; i += 1) await ask('/api/v1/orders', key(made.key));
      await forge.query('{ strategies { formula } }', token);
      await ask(`/auth/keys/${made.id}`, { method: 'DELETE', token });
      await ask('/api/v1/quotes', key(made.key));
      const renewed = await post('/auth/refresh', { refresh_token });
      await post('/auth/refresh', { refresh_token });
      const { access_token: latest } = renewed.body as { access_token: string };
      await ask('/api/v1/strategies', { token: latest });

      const lines = await audit();
      const told = lines.map(({ action, outcome, object }) => `${action} ${outcome} ${object ?? ''}`.trim());
      expect(told).toEqual([
        expect.stringMatching(/^account.register success account:/),
        `account.login failure account:${leaf}`,
        'account.login failure username:nobody-here',
        `account.login success account:${leaf}`,
        `api-key.create success api-key:${made.id}`,
        'access.deny denied route:GET /api/v1/orders/*',
        'access.deny denied field:Strategy.formula',
        `api-key.revoke success api-key:${made.id}`,
        'access.deny denied route:GET /api/v1/quotes/*',
        `account.refresh success account:${leaf}`,
        `account.reuse failure account:${leaf}`,
        // The login that the stolen token came of has ended.
        'access.deny denied route:GET /api/v1/strategies/*',
        'access.deny denied route:GET /api/v1/orders/*',
      ]);
      for (const line of lines) expect(line).toMatchObject({ time: expect.any(String) });
      expect(lines[5]).toMatchObject({ who: { via: 'api-key' }, from: { ip: '127.0.0.1' } });
      expect(lines[6]).toMatchObject({ who: { id: leaf, via: 'account' }, reason: 'Forbidden' });
      expect(lines.at(-1)).toMatchObject({ count: 4 });
      const text = JSON.stringify([lines, forge.log.lines]);
      for (const secret of [password, 'a wrong guess', made.key, refresh_token, token.split('.')[2] ?? '']) {
        expect(text).not.toContain(secret);
      }

      expect((await audit('--action', 'api-key.*')).map(({ action }) => action)).toEqual([
        'api-key.create',
        'api-key.revoke',
      ]);
      const ofLeaf = await audit('--user', leaf, '--since', '1h');
      expect(ofLeaf.length).toBeGreaterThan(6);
      expect(await audit('--until', '1h')).toEqual([]);
    });
  });
});
