import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { type Finished, type PorticoProcess, startPortico } from '../support/portico-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const CONFIG = `server: { host: 127.0.0.1, port: 0, errors: { format: error } }
auth: { apiKeys: { enabled: true } }
services: {}
routes:
  - { path: /hello, respond: { body: hello } }
  - { path: /editors, roles: [editor], respond: { body: hello } }
`;

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write('gateway.yaml', CONFIG);
  await folder.write(
    'without.yaml',
    CONFIG.replace('true', 'false').replace('roles: [editor]', 'auth: none'),
  );
});
afterAll(() => folder.remove());

function keys(...args: string[]): Promise<Finished> {
  return runHere(['keys', ...args], folder.path);
}

describe('portico keys', () => {
  it('makes a key and prints it alone, to be put into a variable', async () => {
    const { code, stdout, stderr } = await keys('create', '--name', 'alone');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^portico_[0-9a-z]{12}_[0-9A-Za-z]{49}\n$/);
    const [, id] = stdout.split('_');
    const { stdout: listed } = await keys('list', '--owner', `key:${id}`, '--json');
    expect(JSON.parse(listed)).toMatchObject([
      { id, name: 'alone', owner: `key:${id}`, roles: [], scopes: [] },
    ]);
  });

  it('gives it what it is told to, and shows that', async () => {
    const made = await keys(
      ...['create', '--name', 'for bob', '--owner', 'bob', '--roles', 'editor,reader', '--scopes', 'a b'],
      ...['--limit', '1000/1m', '--expires', '30d', '--json'],
    );
    const { key, ...shown } = JSON.parse(made.stdout);
    expect(shown).toMatchObject({
      owner: 'bob',
      roles: ['editor', 'reader'],
      scopes: ['a', 'b'],
      limit: { requests: 1000, window: '1m' },
    });
    expect(Date.parse(shown.expires_at) - Date.parse(shown.created_at)).toBeGreaterThan(29 * 86_400_000);
    expect(JSON.parse((await keys('list', '--owner', 'bob', '--json')).stdout)).toEqual([shown]);
    const { stdout } = await keys('list', '--owner', 'bob');
    expect(stdout.split('\n')[0]).toMatch(/^ID +NAME +OWNER +ROLES +SCOPES +LIMIT +LAST USED +STATE$/);
    expect(stdout.split('\n')[1]).toMatch(
      new RegExp(`^${shown.id} +for bob +bob +editor,reader +a,b +1000/1m +never +good until `),
    );
    const secret = key.split('_')[2];
    expect(stdout).not.toContain(secret);
    // Nor is it in the file, or in what lies beside it.
    for (const name of ['portico.db', 'portico.db-wal'])
      expect(readFileSync(path.join(folder.path, '.portico', name)).includes(secret)).toBe(false);
  });

  it('revokes by id, or by the key itself, once', async () => {
    const one = (await keys('create', '--name', 'one', '--owner', 'eve')).stdout.trim();
    const two = (await keys('create', '--name', 'two', '--owner', 'eve')).stdout.trim();
    const idOf = (key: string) => key.split('_')[1];
    expect(await keys('revoke', idOf(one) as string)).toMatchObject({
      code: 0,
      stdout: `revoked ${idOf(one)}\n`,
    });
    expect(await keys('revoke', two)).toMatchObject({ code: 0, stdout: `revoked ${idOf(two)}\n` });
    expect(await keys('revoke', two)).toEqual({
      code: 1,
      stdout: '',
      stderr: `there is no key ${idOf(two)} that could be revoked\n`,
    });
    expect((await keys('list', '--owner', 'eve')).stdout).toMatch(/revoked .*\n.*revoked /);
  });

  it('puts on record who made and ended what, and not by which text', async () => {
    const key = (await keys('create', '--name', 'recorded')).stdout.trim();
    await keys('revoke', key);
    const { stdout } = await runHere(['audit'], folder.path);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const object = `api-key:${key.split('_')[1]}`;
    expect(rows.filter((row) => row.object === object)).toMatchObject([
      { action: 'api-key.create', outcome: 'success', who: { via: 'command' }, after: { name: 'recorded' } },
      { action: 'api-key.revoke', outcome: 'success', who: { via: 'command' } },
    ]);
    expect(stdout).not.toContain(key.split('_')[2]);
  });

  it.each([
    [['create'], "required option '--name <name>' not specified"],
    [['create', '--name', ''], 'Give 1 to 100 characters'],
    [['create', '--name', 'n', '--limit', '5'], 'such as 1000/1m'],
    [['create', '--name', 'n', '--limit', '0/1m'], 'such as 1000/1m'],
    [['create', '--name', 'n', '--expires', 'soon'], 'such as 12h or 90d'],
    [['create', '--name', 'n', '--expires', '99999999d'], 'such as 12h or 90d'],
    [['create', '--name', 'n', '--limit', '5/99999999d'], 'such as 1000/1m'],
    [['revoke'], "missing required argument 'id'"],
    [['revok', 'x'], "unknown command 'revok'"],
  ])('refuses %j as wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await keys(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });

  it('says where keys are to be switched on', async () => {
    expect(await keys('list', '--config', 'without.yaml')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'without.yaml:2:20: there are no API keys; set auth.apiKeys.enabled: true\n',
    });
  });

  it('has its endpoints in the table of routes, and their paths are no route’s', async () => {
    const { stdout } = await runHere(['routes'], folder.path);
    expect(stdout).toMatch(/^GET,HEAD,POST +\/auth\/keys +api keys +required +-$/m);
    expect(stdout).toMatch(/^DELETE +\/auth\/keys\/\{id\} +api keys +required +-$/m);
    await folder.write('taken.yaml', CONFIG.replace('/editors', '/auth/keys'));
    expect(await runHere(['check', '--config', 'taken.yaml'], folder.path)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "taken.yaml:6:5: /auth/keys is the gateway's own endpoint (auth.apiKeys); choose another path",
      ),
    });
    await folder.write('health.yaml', `${CONFIG}health: { path: /auth/keys }\n`);
    expect((await runHere(['check', '--config', 'health.yaml'], folder.path)).stderr).toContain(
      'auth.accounts.prefix: /auth/keys is taken by health.path',
    );
  });

  it.each(['create', 'list', 'revoke'])('shows by example how to %s', async (name) => {
    const { code, stdout } = await keys(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ portico keys ${name}`));
  });
});

describe('a gateway that runs', () => {
  let gateway: PorticoProcess;
  let url: string;
  beforeAll(async () => {
    gateway = startPortico(['start'], { cwd: folder.path });
    url = (await gateway.line('stdout', /^portico listening on /)).replace('portico listening on ', '');
  });
  afterAll(async () => {
    const gone = once(gateway.child, 'exit');
    gateway.child.kill('SIGTERM');
    await gone;
  });

  it('knows keys that a command makes, and stops knowing those that it revokes', async () => {
    const key = (await keys('create', '--name', 'n', '--roles', 'editor')).stdout.trim();
    const ask = async (route: string, sent = key) => {
      const { statusCode, body } = await request(url + route, { headers: { 'x-api-key': sent } });
      await body.dump();
      return statusCode;
    };
    expect(await ask('/hello')).toBe(200);
    expect(await ask('/editors')).toBe(200);
    const bare = (await keys('create', '--name', 'bare')).stdout.trim();
    expect(await ask('/editors', bare)).toBe(403);
    await keys('revoke', key);
    await vi.waitFor(async () => expect(await ask('/hello')).toBe(401), { timeout: 15_000, interval: 200 });
    expect(await ask('/hello', bare)).toBe(200);
  });
});
