import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallerLimit, Principal } from '../../src/kernel/principal.ts';
import { createLimit, type LimitRule } from '../../src/limits/limit.ts';
import { MemoryCounters } from '../../src/limits/memory-counters.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type GuardedServer, startGuardedServer } from '../support/guarded-server.ts';

let server: GuardedServer;
afterEach(() => server.close());

const limit = (requests: number) =>
  createLimit('default', { requests, window: 60_000, by: ['user', 'ip'] }, ['limit', 'default']);

/** A server whose callers come with keys: `name:requests`, all of one owner. */
async function start(rule: LimitRule | undefined): Promise<void> {
  const clock = new FakeClock();
  const limits = new Map<string, CallerLimit>();
  const verify = async (token: string): Promise<Principal> => {
    const [keyId = '', requests] = token.split(':');
    const known = limits.get(token) ?? { requests: Number(requests), windowMs: 3_600_000 };
    limits.set(token, known);
    return {
      via: 'api-key',
      id: 'owner',
      name: undefined,
      roles: [],
      scopes: [],
      claims: {},
      keyId,
      ...(requests === undefined ? {} : { limit: known }),
    };
  };
  const entry = { auth: 'optional' as const, limit: rule };
  server = await startGuardedServer({ clock, verify, counters: new MemoryCounters(clock), entry });
}

async function ask(key: string) {
  const { statusCode, headers, body } = await request(server.url, {
    headers: { authorization: `Bearer ${key}` },
  });
  await body.dump();
  return {
    status: statusCode,
    left: headers['x-ratelimit-remaining'],
    policy: headers['ratelimit-policy'],
    retry: headers['retry-after'],
  };
}

describe('a key with a limit of its own', () => {
  it('goes by it instead of the default one', async () => {
    await start({ limit: limit(1), isOwn: false });
    expect(await ask('a:2')).toMatchObject({ status: 200, left: '1', policy: '"key";q=2;w=3600' });
    expect(await ask('a:2')).toMatchObject({ status: 200, left: '0' });
    expect(await ask('a:2')).toMatchObject({ status: 429, retry: '3600' });
    // Another key of the same owner has its own; one without goes by the default one.
    expect(await ask('b:1')).toMatchObject({ status: 200, left: '0' });
    expect(await ask('c')).toMatchObject({ status: 200, left: '0', policy: '"default";q=1;w=60' });
    expect(await ask('c')).toMatchObject({ status: 429, retry: '60' });
  });

  it('goes by it where there is no other', async () => {
    await start({ limit: undefined, isOwn: false });
    expect(await ask('a:1')).toMatchObject({ status: 200, left: '0' });
    expect(await ask('a:1')).toMatchObject({ status: 429 });
    expect(await ask('c')).toMatchObject({ status: 200, left: undefined });
  });

  it('goes by both where the place has one for itself, and is shown the tighter one', async () => {
    await start({ limit: limit(3), isOwn: true });
    const own = { policy: '"default";q=3;w=60' };
    const ofKey = { policy: '"key";q=1;w=3600', left: '0' };
    expect(await ask('a:9')).toMatchObject({ status: 200, left: '2', ...own });
    expect(await ask('b:1')).toMatchObject({ status: 200, ...ofKey });
    // What the key refuses does not count for the place.
    expect(await ask('b:1')).toMatchObject({ status: 429, retry: '3600', ...ofKey });
    expect(await ask('a:9')).toMatchObject({ status: 200, left: '0', ...own });
    expect(await ask('a:9')).toMatchObject({ status: 429, left: '0', retry: '60', ...own });
  });

  it('goes by none where there is to be none', async () => {
    await start(undefined);
    for (let i = 0; i < 3; i++) expect(await ask('a:1')).toMatchObject({ status: 200, left: undefined });
  });
});
