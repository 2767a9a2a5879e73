import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthService } from '../../examples/organizations/services/auth-service.ts';
import { type Example, type ExampleRequest, startExample } from '../support/example.ts';

const TEAM = readFileSync(
  new URL('../../examples/organizations/queries/team.graphql', import.meta.url),
  'utf8',
);
const KEY = 'gateway-secret-key-2024';

let organizations: Example;
let token: string;
beforeEach(async () => {
  organizations = await startExample({
    config: 'examples/organizations/gateway.yaml',
    services: [createAuthService()],
  });
  token = await signIn('ada@harbour.example');
  // The first token makes the gateway fetch the service's keys.
  await ask('/v1/client/me', { token });
  await organizations.calls();
});
afterEach(() => organizations.close());

const ask = (path: string, request?: ExampleRequest) => organizations.ask(path, request);
const post = (path: string, body: object, as?: string) => ask(path, { method: 'POST', token: as, body });

async function signIn(email: string, password = 'portico-demo'): Promise<string> {
  const { body } = await post('/v1/client/sign-in/password', { email, password });
  return (body as { access_token: string }).access_token;
}

describe('the routes for users', () => {
  it('open an account, sign it in, renew its token and sign it out', async () => {
    const account = { email: 'dina@quay.example', password: 'low tide', name: 'Dina Quay' };
    const made = await post('/v1/client/sign-up', account);
    expect([made.status, made.body]).toMatchObject([201, { id: 'u-4', email: account.email }]);
    const { body } = await post('/v1/client/sign-in/password', account);
    const { refresh_token } = body as { refresh_token: string };
    const renewed = await post('/v1/client/refresh_token', { refresh_token });
    const pair = renewed.body as { access_token: string; refresh_token: string };
    expect((await ask('/v1/client/me', { token: pair.access_token })).body).toMatchObject({
      name: 'Dina Quay',
    });
    expect((await post('/v1/client/logout', { refresh_token: pair.refresh_token })).status).toBe(204);
    expect((await post('/v1/client/refresh_token', { refresh_token: pair.refresh_token })).status).toBe(401);
  });

  it.each([
    ['GET', '/v1/client/me', undefined, 200],
    ['PATCH', '/v1/client/switch-org', { org_id: 'o-1' }, 200],
    ['POST', '/v1/org', { name: 'Quay Press' }, 201],
    ['GET', '/v1/org/o-1/members', undefined, 200],
    ['POST', '/v1/org/o-1/invite', { email: 'cleo@mill.example', role: 'admin' }, 201],
    ['DELETE', '/v1/org/o-1/member/u-2', undefined, 204],
    ['PATCH', '/v1/org/o-1/member/u-2/role', { role: 'admin' }, 200],
  ])('%s %s needs a token', async (method, path, body, status) => {
    const refused = await ask(path, { method, body });
    expect([refused.status, refused.body]).toEqual([401, { detail: 'Authentication required' }]);
    expect(await organizations.calls()).toEqual([]);
    expect((await ask(path, { method, body, token })).status).toBe(status);
    expect(await organizations.calls()).toMatchObject([{ method, path, user: 'u-1' }]);
  });

  it('take an invite from one user to another', async () => {
    const invited = await post('/v1/org/o-1/invite', { email: 'cleo@mill.example', role: 'admin' }, token);
    const cleo = await signIn('cleo@mill.example');
    expect((await ask('/v1/org/o-1/members', { token: cleo })).status).toBe(403);
    const { id: invite } = invited.body as { id: string };
    expect((await post('/v1/invite/accept', { invite }, cleo)).status).toBe(200);
    const { body } = await ask('/v1/org/o-1/members', { token: cleo });
    expect((body as { items: object[] }).items).toContainEqual({
      user_id: 'u-3',
      name: 'Cleo Mill',
      email: 'cleo@mill.example',
      role: 'admin',
    });
  });

  it('answer to their own methods alone', async () => {
    const { status, headers } = await ask('/v1/org/o-1/members', { method: 'DELETE', token });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the routes between services', () => {
  const internal = ['/auth/user/u-1', '/auth/user/u-1/orgs', '/auth/org/o-1', '/auth/org/o-1/members'];

  it.each(['/auth/validate', ...internal])('%s is open to who has the internal key', async (path) => {
    const { status } = await ask(path, { headers: { 'X-Internal-Service-Key': KEY } });
    expect(status).toBe(200);
    const [call] = await organizations.calls();
    expect(call).toMatchObject({ path, user: 'service-key-1' });
  });

  it.each(['/auth/validate', ...internal])('%s is closed to users and to everybody else', async (path) => {
    const attempts: ExampleRequest[] = [
      {},
      { token },
      { headers: { 'X-Internal-Service-Key': 'gateway-secret-key-2025' } },
      { headers: { 'X-Internal-Service-Key': '' } },
      { headers: { 'X-Gateway-Key': KEY } },
      { token, headers: { X_Internal_Service_Key: KEY } },
    ];
    const statuses = [];
    for (const attempt of attempts) statuses.push((await ask(path, attempt)).status);
    expect(statuses).toEqual(attempts.map(() => 401));
    expect(await organizations.calls()).toEqual([]);
  });

  it("hand a user's token on to the service, which says whether it is good", async () => {
    const headers = { 'X-Internal-Service-Key': KEY };
    expect((await ask('/auth/validate', { headers, token })).body).toEqual({ valid: true, user_id: 'u-1' });
    expect((await ask('/auth/validate', { headers, token: 'made.up.token' })).body).toEqual({ valid: false });
  });

  it('put who is refused there on record', async () => {
    await ask('/auth/org/o-1', { token, headers: { 'X-Request-ID': 'nosy' } });
    const audited = organizations.log.lines.filter(({ msg }) => msg === 'audit').map(({ audit }) => audit);
    expect(audited).toEqual([
      expect.objectContaining({
        action: 'access.deny',
        from: { ip: '127.0.0.1', request: 'nosy' },
        object: 'route:GET /auth/org/{id}',
      }),
    ]);
    expect(JSON.stringify(organizations.log.lines)).not.toContain(KEY);
  });
});

describe('the schema', () => {
  it('shows the caller and the people beside them, and asks as little as it can', async () => {
    const { body } = await organizations.query(TEAM, token);
    expect(body).toEqual({
      data: {
        me: {
          name: 'Ada Harbour',
          email: 'ada@harbour.example',
          activeOrganization: { name: 'Harbour Works' },
        },
        memberships: [{ name: 'Harbour Works', role: 'OWNER' }],
        members: [
          { name: 'Ada Harbour', role: 'OWNER' },
          { name: 'Ben Harbour', role: 'MEMBER' },
        ],
      },
    });
    expect((await organizations.calls()).map(({ path }) => path).sort()).toEqual([
      '/auth/org/o-1',
      '/auth/user/u-1/orgs',
      '/v1/client/me',
      '/v1/org/o-1/members',
    ]);
  });

  it("shows nobody somebody else's organisation", async () => {
    const cleo = await signIn('cleo@mill.example');
    const { body } = await organizations.query('{ members(organization: "o-1") { name } }', cleo);
    expect(body).toMatchObject({
      data: { members: null },
      errors: [{ message: 'You are no member here', extensions: { code: 'UPSTREAM_STATUS' } }],
    });
    expect((await organizations.query('{ memberships { name } }')).body).toMatchObject({
      data: { memberships: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('makes organisations, invites and accepts', async () => {
    const cleo = await signIn('cleo@mill.example');
    const made = await organizations.query('mutation { createOrganization(name: "Quay") { id name } }', cleo);
    expect(made.body).toEqual({ data: { createOrganization: { id: 'o-3', name: 'Quay' } } });
    const invited = await organizations.query(
      'mutation { invite(organization: "o-3", email: "ada@harbour.example", role: ADMIN) }',
      cleo,
    );
    const { invite } = (invited.body as { data: { invite: string } }).data;
    await organizations.query(`mutation { acceptInvite(invite: "${invite}") { id } }`, token);
    const moved = await organizations.query(
      'mutation { switchOrganization(to: "o-3") { activeOrganization { id name } } }',
      token,
    );
    expect(moved.body).toEqual({
      data: { switchOrganization: { activeOrganization: { id: 'o-3', name: 'Quay' } } },
    });
  });
});
