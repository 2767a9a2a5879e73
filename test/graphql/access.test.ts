import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/kernel/audit-event.ts';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';
import type { GatewayOptions } from '../support/graphql-gateway.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  type Query {
    me: User @connect(source: "main", http: { GET: "/me" }, selection: "id name") @authenticated
    audit: [String] @connect(source: "main", http: { GET: "/audit" }, selection: "$") @requiresRoles(roles: ["admin", "auditor"])
    notes: [String] @connect(source: "main", http: { GET: "/notes" }, selection: "$")
      @requiresScopes(scopes: [["notes:read", "notes:list"], ["all"]])
    stub: User @connect(source: "main", http: { GET: "/stub" }, selection: "id")
    open: String @connect(source: "main", http: { GET: "/open" }, selection: "$")
    who: String @connect(http: { GET: "MAIN/who" }, selection: "$context.user.claims.org")
    echo: String @connect(source: "main", http: { GET: "/echo", headers: [
      { name: "x-user", value: "{$context.user.id}" }, { name: "x-tenant", from: "x-tenant" }] },
      selection: "$(\\"\\")->joinNotNull('')")
    items: [Item] @connect(source: "main", http: { GET: "/items" }, selection: "__typename: $(\\"Secret\\") id text")
  }
  interface Item { id: ID! }
  type Secret implements Item @authenticated { id: ID!  text: String }
  type User @connect(source: "main", http: { GET: "/users", queryParams: "id: $batch.id" }, selection: "id name email") {
    id: ID!
    name: String
    email: String @requiresRoles(roles: ["admin"])
  }
`;

async function start(options: Partial<GatewayOptions> = {}) {
  const main = await service({
    'GET /me': () => ({ id: 1, name: 'Ada' }),
    'GET /audit': () => ['a'],
    'GET /notes': () => ['n'],
    'GET /stub': () => ({ id: 1 }),
    'GET /open': () => 'hi',
    'GET /who': () => ({}),
    'GET /echo': () => ({}),
    'GET /items': () => [{ id: 1, text: 'hush' }],
    'GET /users': () => [{ id: 1, name: 'Ada', email: 'ada@example.test' }],
  });
  const sdl = SDL.replace('MAIN', main.url).replace(
    `selection: "$(\\"\\")->joinNotNull('')"`,
    'selection: "$(\\"ok\\")"',
  );
  const api = await gateway({ sdl, services: { main: main.url }, ...options });
  return { main, api };
}

describe('access', () => {
  it('refuses before any call, and the rest still runs', async () => {
    const { main, api } = await start();
    const { status, body } = await api.query('{ me { name } open audit }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ me: null, open: 'hi', audit: null });
    expect(body.errors).toEqual([
      expect.objectContaining({
        message: 'Authentication required',
        path: ['me'],
        extensions: { code: 'UNAUTHENTICATED', requestId: 'request-1' },
      }),
      expect.objectContaining({
        path: ['audit'],
        extensions: { code: 'UNAUTHENTICATED', requestId: 'request-1' },
      }),
    ]);
    expect(main.calls()).toEqual(['GET /open']);
  });

  it.each([
    [{}, 'FORBIDDEN', 'FORBIDDEN'],
    [{ roles: ['auditor'] }, undefined, 'FORBIDDEN'],
    [{ scopes: ['notes:read'] }, 'FORBIDDEN', 'FORBIDDEN'],
    [{ scopes: ['notes:list', 'notes:read'] }, 'FORBIDDEN', undefined],
    [{ scopes: ['all'], roles: ['admin'] }, undefined, undefined],
  ])('asks %j for roles and scopes', async (caller, audit, notes) => {
    const { api } = await start();
    const { body } = await api.query('{ audit notes }', { caller });
    const code = (name: string) => body.errors?.find(({ path }) => path?.[0] === name)?.extensions.code;
    expect(code('audit')).toBe(audit);
    expect(code('notes')).toBe(notes);
    expect(body.data).toEqual({ audit: audit ? null : ['a'], notes: notes ? null : ['n'] });
  });

  it.each([true, false])('puts each field once on record (short way: %s)', async (shortWay) => {
    const record: AuditEvent[] = [];
    const { api } = await start({ shortWay, audit: (event) => record.push(event) });
    await api.query('{ a: audit b: audit notes open }', { caller: { id: 'u-7', roles: ['guest'] } });
    expect(record).toEqual(
      ['Query.audit', 'Query.notes'].map((coordinate) => ({
        action: 'access.deny',
        outcome: 'denied',
        scope: expect.objectContaining({ principal: expect.objectContaining({ id: 'u-7' }) }),
        object: `field:${coordinate}`,
        reason: 'Forbidden',
      })),
    );
  });

  it('fetches no entity for a field that is refused', async () => {
    const { main, api } = await start();
    const { body } = await api.query('{ stub { id email } }', { caller: { roles: ['guest'] } });
    expect(body.data).toEqual({ stub: { id: '1', email: null } });
    expect(body.errors).toMatchObject([{ path: ['stub', 'email'], extensions: { code: 'FORBIDDEN' } }]);
    expect(main.calls()).toEqual(['GET /stub']);
  });

  it('of a type holds behind an interface too', async () => {
    const { api } = await start();
    const { body } = await api.query('{ items { __typename ... on Secret { text } } }');
    expect(body.data).toEqual({ items: [{ __typename: 'Secret', text: null }] });
    expect(body.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  it('tells mappings who is calling', async () => {
    const { main, api } = await start();
    const caller = { id: 'u-7', claims: { org: 'acme' } };
    const { body } = await api.query('{ who echo }', { caller, headers: { 'x-tenant': 't1' } });
    expect(body).toEqual({ data: { who: 'acme', echo: 'ok' } });
    const echo = main.requests.find(({ url }) => url === '/echo');
    expect(echo?.headers).toMatchObject({ 'x-user': 'u-7', 'x-tenant': 't1' });
    const nobody = await api.query('{ who }');
    expect(nobody.body).toEqual({ data: { who: null } });
  });
});
