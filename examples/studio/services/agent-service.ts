import { SignJWT } from 'jose';
import { type Credential, credentialOf, demoPassword, isPassword } from '../../service/password.ts';
import {
  type Call,
  callerOf,
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
import { createService, listOf } from './service.ts';

interface Conversation {
  readonly id: string;
  readonly user_id: string;
  readonly title: string;
  readonly messages: readonly { readonly role: 'user' | 'agent'; readonly content: string }[];
}

interface Screenplay {
  readonly id: string;
  readonly author_id: string;
  readonly title: string;
  readonly logline: string;
  readonly scenes: readonly { readonly number: number; readonly heading: string }[];
}

interface Task {
  readonly id: string;
  readonly user_id: string;
  readonly kind: 'write' | 'image' | 'video';
  readonly status: 'running' | 'done';
  readonly screenplay_id: string;
}

/** Sign-in, conversations with the agent, and what it writes. */
export function createAgentService(): Service {
  const demo = credentialOf(demoPassword());
  const names = new Map([
    ['night-owl', 'u-1'],
    ['first-light', 'u-2'],
    ['front-desk', 'u-3'],
  ]);
  const credentials = new Map<string, Credential>();
  const conversations = [...CONVERSATIONS];

  const login = async (call: Call): Promise<Reply> => {
    const username = textOf(call, 'username');
    const id = names.get(username);
    const matches = isPassword(textOf(call, 'password'), credentials.get(username) ?? demo);
    if (id === undefined || !matches) throw new ServiceError(401, 'wrong', 'Wrong username or password');
    return ok({ access_token: await signToken(id, username), token_type: 'bearer', user: { id, username } });
  };

  const register = (call: Call): Reply => {
    const username = textOf(call, 'username');
    if (names.has(username)) throw new ServiceError(409, 'taken', `The username ${username} is taken`);
    credentials.set(username, credentialOf(textOf(call, 'password')));
    const id = `u-${names.size + 1}`;
    names.set(username, id);
    return created({ id, username });
  };

  const me = (call: Call): Reply => ok({ id: callerOf(call), username: call.headers['x-username'] ?? null });

  const own = (call: Call) => conversations.filter(({ user_id }) => user_id === callerOf(call));

  const startConversation = (call: Call): Reply => {
    const conversation: Conversation = {
      id: `c-${conversations.length + 1}`,
      user_id: callerOf(call),
      title: textOf(call, 'title'),
      messages: [],
    };
    conversations.push(conversation);
    return created(conversation);
  };

  const listScreenplays = (call: Call): Reply => {
    const ids = idsOf(call, 'id');
    const shown = ids === undefined ? SCREENPLAYS : SCREENPLAYS.filter(({ id }) => ids.includes(id));
    return ok(listOf(shown, ids === undefined ? sizeOf(call, 'limit', 20) : 100));
  };

  return createService('agent_service', [
    ['POST', '/api/v1/auth/login', login],
    ['POST', '/api/v1/auth/register', register],
    ['GET', '/api/v1/auth/me', me],
    ['GET', '/api/v1/conversations', (call) => ok(listOf(own(call), sizeOf(call, 'limit', 20)))],
    ['POST', '/api/v1/conversations', startConversation],
    ['GET', '/api/v1/conversations/{id}', (call) => ok(find(own(call), call, 'Conversation'))],
    ['GET', '/api/v1/tasks', (call) => ok(listOf(ownTasks(call), sizeOf(call, 'limit', 20)))],
    ['GET', '/api/v1/tasks/{id}', (call) => ok(find(ownTasks(call), call, 'Task'))],
    ['GET', '/api/v1/screenplays', listScreenplays],
    ['GET', '/api/v1/screenplays/{id}', (call) => ok(find(SCREENPLAYS, call, 'Screenplay'))],
  ]);
}

function ownTasks(call: Call): Task[] {
  const caller = callerOf(call);
  return TASKS.filter(({ user_id }) => user_id === caller);
}

function find<T extends { readonly id: string }>(all: readonly T[], call: Call, what: string): T {
  const found = all.find(({ id }) => id === call.params.id);
  if (found === undefined) throw notFound(what);
  return found;
}

/** An access token for an hour, with the secret that the gateway has as well. */
function signToken(id: string, username: string): Promise<string> {
  const secret = process.env.SECRET_KEY ?? 'studio-demo-secret-change-me-in-production';
  const minutes = process.env.ACCESS_TOKEN_EXPIRE_MINUTES ?? '60';
  return new SignJWT({ username })
    .setSubject(id)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(`${minutes}m`)
    .sign(new TextEncoder().encode(secret));
}

const CONVERSATIONS: readonly Conversation[] = [
  {
    id: 'c-1',
    user_id: 'u-1',
    title: 'A lighthouse without a keeper',
    messages: [
      { role: 'user', content: 'A short film about a lighthouse that nobody looks after.' },
      { role: 'agent', content: 'Who would miss its light first: the ships, or the birds?' },
    ],
  },
  { id: 'c-2', user_id: 'u-2', title: 'The last tram', messages: [] },
];

const SCREENPLAYS: readonly Screenplay[] = [
  {
    id: 's-1',
    author_id: 'u-1',
    title: 'Lantern Room',
    logline: 'When the keeper does not come back, the gulls keep the light.',
    scenes: [
      { number: 1, heading: 'EXT. CLIFF - DUSK' },
      { number: 2, heading: 'INT. LANTERN ROOM - NIGHT' },
    ],
  },
  {
    id: 's-2',
    author_id: 'u-2',
    title: 'Depot',
    logline: 'A tram driver takes the empty night line home.',
    scenes: [{ number: 1, heading: 'INT. TRAM - NIGHT' }],
  },
];

const TASKS: readonly Task[] = [
  { id: 't-1', user_id: 'u-1', kind: 'write', status: 'done', screenplay_id: 's-1' },
  { id: 't-2', user_id: 'u-1', kind: 'video', status: 'running', screenplay_id: 's-1' },
  { id: 't-3', user_id: 'u-2', kind: 'write', status: 'done', screenplay_id: 's-2' },
];
