import { type Credential, credentialOf, demoPassword, isPassword } from '../../service/password.ts';
import {
  type Call,
  created,
  idsOf,
  notFound,
  ok,
  type Reply,
  type Service,
  ServiceError,
  sizeOf,
  textOf,
} from '../../service/service.ts';
import { loadData } from './data.ts';
import { callerOf, createService } from './service.ts';
import { readRefreshToken, signToken } from './token.ts';

interface User {
  readonly id: number;
  readonly username: string;
  readonly display_name: string;
  readonly email: string;
  readonly role: 'client' | 'seller' | 'admin';
  readonly headline: string;
  readonly avatar: string;
  readonly country: string;
  readonly joined_at: string;
}
/** Accounts, sign-in and profiles: `/api/auth`, `/api/users`, `/api/profile`. Ids are numbers. */
export function createUserService(): Service {
  const users = loadData<User>('users');
  const demo = credentialOf(demoPassword());
  const credentials = new Map<number, Credential>(users.map((user) => [user.id, demo]));

  const find = (id: number | string): User => {
    const user = users.find((candidate) => candidate.id === Number(id));
    if (user === undefined) throw notFound('User');
    return user;
  };

  const login = async (call: Call): Promise<Reply> => {
    const username = textOf(call, 'username');
    const user = users.find((candidate) => candidate.username === username);
    const credential = credentials.get(user?.id ?? 0) ?? demo;
    const matches = isPassword(textOf(call, 'password'), credential);
    if (user === undefined || !matches) {
      throw new ServiceError(401, 'wrong_credentials', 'Wrong username or password');
    }
    return ok({ ...(await tokensFor(user)), user: publicView(user) });
  };

  const refresh = async (call: Call): Promise<Reply> => {
    const id = await readRefreshToken(textOf(call, 'refresh'));
    if (id === undefined) throw new ServiceError(401, 'wrong_token', 'The refresh token is not valid');
    return ok(await tokensFor(find(id)));
  };

  const register = (call: Call): Reply => {
    const username = textOf(call, 'username');
    const password = textOf(call, 'password');
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(username)) {
      throw new ServiceError(400, 'invalid', 'username takes lower-case letters, digits and single hyphens');
    }
    if (users.some((user) => user.username === username)) {
      throw new ServiceError(409, 'taken', `The username ${username} is taken`);
    }
    const user: User = {
      id: Math.max(...users.map((existing) => existing.id)) + 1,
      username,
      display_name: typeof call.body.display_name === 'string' ? call.body.display_name : username,
      email: textOf(call, 'email'),
      role: 'client',
      headline: '',
      avatar: '/avatars/new.png',
      country: 'NL',
      joined_at: new Date().toISOString(),
    };
    users.push(user);
    credentials.set(user.id, credentialOf(password));
    return created(publicView(user));
  };

  const list = (call: Call): Reply => {
    const ids = idsOf(call, 'id');
    if (ids !== undefined) {
      const wanted = new Set(ids.map(Number));
      return ok({ results: users.filter((user) => wanted.has(user.id)).map(publicView) });
    }
    const size = sizeOf(call, 'page_size', 20);
    const page = sizeOf(call, 'page', 1, 10_000);
    const shown = users.slice((page - 1) * size, page * size);
    return ok({ count: users.length, page, page_size: size, results: shown.map(publicView) });
  };

  return createService('user-service', [
    ['POST', '/api/auth/login/', login],
    ['POST', '/api/auth/refresh/', refresh],
    ['GET', '/api/users/', list],
    ['POST', '/api/users/', register],
    ['GET', '/api/users/{id}/', (call) => ok(publicView(find(call.params.id ?? '')))],
    ['GET', '/api/profile/', (call) => ok(find(callerOf(call)))],
  ]);
}

/** Everything but the address: that is for its owner alone. */
function publicView(user: User): Omit<User, 'email'> {
  const { email: _, ...rest } = user;
  return rest;
}

async function tokensFor(user: User): Promise<{ access: string; refresh: string }> {
  const subject = { id: user.id, username: user.username, roles: [user.role] };
  const [access, refresh] = await Promise.all([signToken('access', subject), signToken('refresh', subject)]);
  return { access, refresh };
}
