import { randomUUID } from 'node:crypto';
import { type Credential, credentialOf, demoPassword, isPassword } from '../../service/password.ts';
import {
  type Answer,
  type Call,
  callerOf,
  created,
  createService,
  ok,
  type Reply,
  type Route,
  type Service,
  ServiceError,
  textOf,
} from '../../service/service.ts';
import { Directory, type Role, type User } from './directory.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** Accounts, organisations and their members; what begins with `/auth/` is for the gateway alone. */
export function createAuthService(): Service {
  const directory = new Directory();
  const tokens = createTokens();
  return createService(
    'auth-service',
    [
      ['GET', '/.well-known/jwks.json', async () => ok(await tokens.keySet())],
      ...clientRoutes(directory, tokens),
      ...organizationRoutes(directory),
      ...internalRoutes(directory, tokens),
    ],
    { errorBody: ({ message }) => ({ detail: message }) },
  );
}

function clientRoutes(directory: Directory, tokens: Tokens): Route[] {
  const demo = credentialOf(demoPassword());
  const credentials = new Map<string, Credential>();
  const refreshTokens = new Map<string, string>();

  const pairFor = async ({ id, email }: User): Promise<Reply> => {
    const refresh = randomUUID();
    refreshTokens.set(refresh, id);
    return ok({ access_token: await tokens.sign(id, email), refresh_token: refresh, token_type: 'bearer' });
  };

  const signUp = (call: Call): Reply => {
    const user = directory.addUser(textOf(call, 'email'), textOf(call, 'name'));
    credentials.set(user.id, credentialOf(textOf(call, 'password')));
    return created(user);
  };

  const signIn = (call: Call): Promise<Reply> => {
    const user = directory.userByEmail(textOf(call, 'email'));
    const matches = isPassword(textOf(call, 'password'), credentials.get(user?.id ?? '') ?? demo);
    if (user === undefined || !matches) throw new ServiceError(401, 'wrong', 'Wrong address or password');
    return pairFor(user);
  };

  const refresh = (call: Call): Promise<Reply> => {
    const token = textOf(call, 'refresh_token');
    const id = refreshTokens.get(token);
    if (id === undefined) throw new ServiceError(401, 'wrong', 'The refresh token is not valid');
    refreshTokens.delete(token);
    return pairFor(directory.user(id));
  };

  const logout = (call: Call): Reply => {
    refreshTokens.delete(textOf(call, 'refresh_token'));
    return { status: 204, body: undefined };
  };

  return [
    ['POST', '/v1/client/sign-up', signUp],
    ['POST', '/v1/client/sign-in/password', signIn],
    ['POST', '/v1/client/refresh_token', refresh],
    ['POST', '/v1/client/logout', logout],
    ['GET', '/v1/client/me', (call) => ok(directory.user(callerOf(call)))],
    [
      'PATCH',
      '/v1/client/switch-org',
      (call) => ok(directory.switchTo(callerOf(call), textOf(call, 'org_id'))),
    ],
  ];
}

function organizationRoutes(directory: Directory): Route[] {
  const members = (call: Call): Reply => {
    directory.roleOf(idOf(call), callerOf(call));
    return ok({ items: directory.membersOf(idOf(call)) });
  };

  const invite = (call: Call): Reply => {
    directory.assertManager(idOf(call), callerOf(call));
    return created(directory.invite(idOf(call), textOf(call, 'email'), roleIn(call)));
  };

  const remove = (call: Call): Reply => {
    const user = call.params.user_id ?? '';
    // Everyone may leave.
    if (user !== callerOf(call)) directory.assertManager(idOf(call), callerOf(call));
    directory.remove(idOf(call), user);
    return { status: 204, body: undefined };
  };

  const changeRole = (call: Call): Reply => {
    directory.assertManager(idOf(call), callerOf(call));
    return ok(directory.changeRole(idOf(call), call.params.user_id ?? '', roleIn(call)));
  };

  return [
    ['POST', '/v1/org', (call) => created(directory.addOrganization(textOf(call, 'name'), callerOf(call)))],
    ['GET', '/v1/org/{id}/members', members],
    ['POST', '/v1/org/{id}/invite', invite],
    ['POST', '/v1/invite/accept', (call) => ok(directory.accept(textOf(call, 'invite'), callerOf(call)))],
    ['DELETE', '/v1/org/{id}/member/{user_id}', remove],
    ['PATCH', '/v1/org/{id}/member/{user_id}/role', changeRole],
  ];
}

function internalRoutes(directory: Directory, tokens: Tokens): Route[] {
  const validate = async (call: Call): Promise<Reply> => {
    const token = /^Bearer (.+)$/.exec(call.headers.authorization ?? '')?.[1] ?? '';
    const id = await tokens.read(token);
    return ok(id === undefined ? { valid: false } : { valid: true, user_id: id });
  };

  const routes: Route[] = [
    ['GET', '/auth/validate', validate],
    ['GET', '/auth/user/{id}', (call) => ok(directory.user(idOf(call)))],
    ['GET', '/auth/user/{id}/orgs', (call) => ok({ items: directory.organizationsOf(idOf(call)) })],
    ['GET', '/auth/org/{id}', (call) => ok(directory.organization(idOf(call)))],
    ['GET', '/auth/org/{id}/members', (call) => ok({ items: directory.membersOf(idOf(call)) })],
  ];
  return routes.map(([method, path, answer]) => [method, path, forGateway(answer)]);
}

/** The key shows that a call comes through the gateway, which has looked who is asking. */
function forGateway(answer: Answer): Answer {
  const key = process.env.INTERNAL_SERVICE_KEY ?? 'gateway-secret-key-2024';
  return (call) => {
    if (call.headers['x-gateway-key'] !== key) throw new ServiceError(403, 'no_key', 'For the gateway alone');
    return answer(call);
  };
}

function idOf(call: Call): string {
  return call.params.id ?? '';
}

function roleIn(call: Call): Role {
  const role = textOf(call, 'role');
  if (role === 'owner' || role === 'admin' || role === 'member') return role;
  throw new ServiceError(400, 'invalid', 'role is owner, admin or member');
}
