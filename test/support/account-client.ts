import { request } from 'undici';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed, if it is JSON; else undefined. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** What a login or refresh gives. */
export interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
}

/** Somebody who uses the accounts of a gateway. */
export interface AccountClient {
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string, token?: string): Promise<Answer>;
  /** The status of a route that asks who is calling. */
  status(token: string, path?: string): Promise<number>;
  register(username: string, password?: string): Promise<Answer>;
  tryLogin(username: string, password?: string): Promise<Answer>;
  /** Throws unless it succeeds. */
  login(username: string, password?: string): Promise<Pair>;
  refresh(token: string): Promise<Answer>;
  logout(token: string, refreshToken?: string): Promise<Answer>;
}

/** The password of those who don't care. */
export const PASSWORD = 'a password for tests';

export function accountClient(url: string, prefix = '/auth'): AccountClient {
  async function send(
    method: 'GET' | 'POST',
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const type =
      body === undefined || 'content-type' in headers ? {} : { 'content-type': 'application/json' };
    const answer = await request(`${url}${path}`, {
      method,
      headers: { ...type, ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, body: parse(text) };
  }

  const post: AccountClient['post'] = (path, body, headers = {}) => send('POST', path, { body, headers });
  const get: AccountClient['get'] = (path, token) =>
    send('GET', path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const tryLogin: AccountClient['tryLogin'] = (username, password = PASSWORD) =>
    post(`${prefix}/login`, { username, password });

  return {
    post,
    get,
    status: async (token, path = '/me') => (await get(path, token)).status,
    register: (username, password = PASSWORD) => post(`${prefix}/register`, { username, password }),
    tryLogin,
    async login(username, password) {
      const answer = await tryLogin(username, password);
      if (answer.status !== 200) throw new Error(`login of ${username}: ${answer.status} ${answer.text}`);
      return answer.body as unknown as Pair;
    },
    refresh: (token) => post(`${prefix}/refresh`, { refresh_token: token }),
    logout: (token, refreshToken) =>
      post(`${prefix}/logout`, refreshToken === undefined ? undefined : { refresh_token: refreshToken }, {
        authorization: `Bearer ${token}`,
      }),
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
