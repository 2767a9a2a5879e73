import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgentService } from '../../examples/studio/services/agent-service.ts';
import { createDataService } from '../../examples/studio/services/data-service.ts';
import { createMediaService } from '../../examples/studio/services/media-service.ts';
import { type Example, startExample } from '../support/example.ts';

const BOARD = readFileSync(new URL('../../examples/studio/queries/board.graphql', import.meta.url), 'utf8');

let studio: Example;
async function open(env: Readonly<Record<string, string>> = {}): Promise<void> {
  studio = await startExample({
    config: 'examples/studio/gateway.yaml',
    services: [createAgentService(), createMediaService(), createDataService()],
    env,
  });
}
afterEach(() => studio.close());

async function signIn(username: string): Promise<string> {
  const body = { username, password: 'portico-demo' };
  const answer = await studio.ask('/api/v1/auth/login', { method: 'POST', body });
  return (answer.body as { access_token: string }).access_token;
}

describe('the routes of the studio', () => {
  beforeEach(() => open());

  it.each([
    ['/api/v1/auth/me', 'agent_service'],
    ['/api/v1/conversations', 'agent_service'],
    ['/api/v1/tasks/t-1', 'agent_service'],
    ['/api/v1/screenplays?limit=1', 'agent_service'],
    ['/api/v1/images', 'media_service'],
    ['/api/v1/videos/video-1', 'media_service'],
    ['/api/v1/users', 'data_service'],
  ])('GET %s needs a token and goes to the %s, which is told who asks', async (path, service) => {
    const refused = await studio.ask(path);
    expect([refused.status, refused.body]).toEqual([401, { detail: 'Authentication required' }]);
    const token = await signIn('night-owl');
    await studio.calls();
    const { status } = await studio.ask(path, { token, headers: { 'X-User-ID': 'u-3', X_USER_ID: 'u-3' } });
    expect(status).toBe(200);
    expect(await studio.calls()).toMatchObject([{ service, method: 'GET', path, user: 'u-1' }]);
  });

  it('are open for signing in and registering', async () => {
    const account = { username: 'slow-pan', password: 'golden hour' };
    const registered = await studio.ask('/api/v1/auth/register', { method: 'POST', body: account });
    expect([registered.status, registered.body]).toEqual([201, { id: 'u-4', username: 'slow-pan' }]);
    const login = await studio.ask('/api/v1/auth/login', { method: 'POST', body: account });
    const { access_token: token } = login.body as { access_token: string };
    const me = await studio.ask('/api/v1/auth/me', { token });
    expect(me.body).toEqual({ id: 'u-4', username: 'slow-pan' });
  });

  it('answer in the form that its front end knows', async () => {
    const invalid = await studio.ask('/api/v1/tasks', { token: 'made.up.token' });
    expect([invalid.status, invalid.body]).toEqual([401, { detail: 'Invalid token' }]);
    const nowhere = await studio.ask('/api/v2/tasks');
    expect([nowhere.status, nowhere.body]).toEqual([404, { detail: 'Not found' }]);
    const token = await signIn('night-owl');
    await studio.stop('media_service');
    const away = await studio.ask('/api/v1/images', { token });
    expect([away.status, Object.keys(away.body as object)]).toEqual([503, ['detail']]);
  });

  it('have a health that names every service', async () => {
    const { status, body } = await studio.ask('/health');
    expect(status).toBe(200);
    const healthy = { status: 'healthy', url: expect.stringContaining('http://') };
    expect(body).toMatchObject({
      status: 'healthy',
      gateway: 'running',
      services: { agent_service: healthy, media_service: healthy, data_service: healthy },
    });
  });

  it('may be called by pages from anywhere', async () => {
    const { headers } = await studio.ask('/api/v1/tasks', { headers: { Origin: 'https://app.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('the limit of the studio', () => {
  it('lets a user pass a hundred times a minute, wherever to, and then says so in its own words', async () => {
    await open();
    const token = await signIn('night-owl');
    const path = (i: number) => (i % 2 === 0 ? '/api/v1/tasks' : '/api/v1/images');
    const began = Math.floor(Date.now() / 1000);
    const answers = await Promise.all(Array.from({ length: 120 }, (_, i) => studio.ask(path(i), { token })));
    const passed = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect([passed.length, refused.length]).toEqual([100, 20]);
    const remaining = passed.map(({ headers }) => Number(headers.get('x-ratelimit-remaining')));
    expect(remaining.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    for (const { headers, body } of refused) {
      expect(body).toEqual({ detail: '请求过于频繁，请稍后再试。限制：100 次/60秒' });
      expect(headers.get('x-ratelimit-limit')).toBe('100');
      expect(headers.get('x-ratelimit-remaining')).toBe('0');
      const reset = Number(headers.get('x-ratelimit-reset'));
      expect(reset).toBeGreaterThan(began);
      expect(reset).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 60);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const graphql = await studio.query('{ me { username } }', token);
    expect(graphql.status).toBe(429);
    // Somebody else has a count of their own, and so has the address without a token.
    expect((await studio.ask('/api/v1/tasks', { token: await signIn('first-light') })).status).toBe(200);
  });

  it('goes by the address where there is no user, and by the numbers that it is given', async () => {
    await open({ RATE_LIMIT_REQUESTS: '3', RATE_LIMIT_WINDOW: '90' });
    const body = { username: 'night-owl', password: 'wrong' };
    const answers = [];
    for (let i = 0; i < 4; i += 1)
      answers.push(await studio.ask('/api/v1/auth/login', { method: 'POST', body }));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect(answers[3]?.body).toEqual({ detail: '请求过于频繁，请稍后再试。限制：3 次/90秒' });
  });
});

describe('the schema of the studio', () => {
  beforeEach(() => open());

  it('brings a board together in as few calls as can be', async () => {
    const token = await signIn('night-owl');
    await studio.calls();
    const { body } = await studio.query(BOARD, token);
    const screenplay = {
      title: 'Lantern Room',
      author: { displayName: 'Night Owl' },
      images: [{ prompt: 'A lantern room at night, gulls around the lamp', url: '/media/lantern-room.png' }],
    };
    expect(body).toEqual({
      data: {
        me: { username: 'night-owl', displayName: 'Night Owl' },
        credits: 120,
        tasks: [
          { kind: 'write', status: 'done', screenplay },
          { kind: 'video', status: 'running', screenplay },
        ],
      },
    });
    expect((await studio.calls()).map(({ path }) => path).sort()).toEqual([
      '/api/v1/images/by-screenplay?screenplay_id=s-1',
      '/api/v1/screenplays?id=s-1',
      '/api/v1/tasks?limit=20',
      '/api/v1/users/u-1',
      '/api/v1/users?id=u-1',
    ]);
  });

  it('lets nobody order who has not signed in, and does without media while their service is away', async () => {
    const order = 'mutation { orderImage(screenplay: "s-1", prompt: "x") { id } }';
    expect((await studio.query(order)).body).toMatchObject({
      data: { orderImage: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const token = await signIn('night-owl');
    expect((await studio.query(order, token)).body).toEqual({ data: { orderImage: { id: 'image-3' } } });
    await studio.stop('media_service');
    expect((await studio.query('{ screenplays { title videos { url } } }')).body).toMatchObject({
      data: {
        screenplays: [
          { title: 'Lantern Room', videos: [] },
          { title: 'Depot', videos: [] },
        ],
      },
    });
  });
});
