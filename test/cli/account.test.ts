import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountClient, PASSWORD } from '../support/account-client.ts';
import { runHere } from '../support/command-line.ts';
import { type PorticoProcess, startPortico } from '../support/portico-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const CONFIG = `server: { host: 127.0.0.1, port: 0 }
auth: { accounts: { enabled: true } }
services: {}
routes: [{ path: /me, respond: { status: 200, body: yes } }]
telemetry: { logs: { file: log/portico.log, rotate: never } }
`;

let folder: TemporaryFolder;
let gateway: PorticoProcess | undefined;
beforeEach(async () => {
  folder = await temporaryFolder();
  await folder.write('gateway.yaml', CONFIG);
});
afterEach(async () => {
  gateway?.child.kill('SIGKILL');
  await gateway?.finished;
  gateway = undefined;
  await folder.remove();
});

const portico = (...args: string[]) => runHere(args, folder.path);

/** The same with something on standard input. */
async function pipe(text: string, ...args: string[]) {
  const before = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor;
  Object.defineProperty(process, 'stdin', { value: [text], configurable: true });
  try {
    return await portico(...args);
  } finally {
    Object.defineProperty(process, 'stdin', before);
  }
}

describe('portico account', () => {
  it('makes accounts, lists and changes them', async () => {
    const made = await pipe(
      `${PASSWORD}\n`,
      ...['account', 'create', '--username', 'mei', '--roles', 'admin,editor', '--password-stdin'],
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(/^made mei \([0-9a-f-]{36}\)\n$/);
    await portico('account', 'disable', '--username', 'MEI');
    await portico(
      'account',
      'roles',
      '--username',
      'mei',
      '--roles',
      '',
      '--scopes',
      'posts:read posts:write',
    );

    const table = await portico('account', 'list');
    const json = await portico('account', 'list', '--json');

    expect(table.stdout.split('\n')[0]).toMatch(/^USERNAME +ID +ROLES +SCOPES +LAST LOGIN +STATE$/);
    expect(table.stdout).toMatch(/^mei +[0-9a-f-]{36} +- +posts:read posts:write +never +disabled$/m);
    const [account] = JSON.parse(json.stdout);
    expect(account).toMatchObject({ username: 'mei', roles: [], lastLoginAt: null });
    expect(Object.keys(account).sort()).toEqual(
      ['createdAt', 'disabledAt', 'id', 'lastLoginAt', 'profile', 'roles', 'scopes', 'username'].sort(),
    );
    expect((await portico('account', 'remove', '--username', 'mei')).code).toBe(0);
    expect(JSON.parse((await portico('account', 'list', '--json')).stdout)).toEqual([]);
  });

  it('says on one line what is wrong', async () => {
    const create = (text: string, name: string) =>
      pipe(text, 'account', 'create', '--username', name, '--password-stdin');
    await create(PASSWORD, 'mei');

    expect(await create(PASSWORD, 'MEI')).toMatchObject({
      code: 1,
      stderr: 'there is an account MEI already\n',
    });
    expect(await create('short', 'ben')).toMatchObject({
      code: 1,
      stderr: 'the password must have at least 8 characters\n',
    });
    expect(await create(PASSWORD, 'b n')).toMatchObject({
      code: 1,
      stderr: 'the username must begin and end with a letter or digit, and hold only these and . _ @ + -\n',
    });
    expect(await portico('account', 'disable', '--username', 'nobody')).toMatchObject({
      code: 1,
      stderr: 'there is no account nobody\n',
    });
    expect(await portico('account', 'roles', '--username', 'mei')).toMatchObject({
      code: 2,
      stderr: 'nothing to set: give --roles or --scopes\n',
    });
    expect(await portico('account', 'disable')).toMatchObject({
      code: 2,
      stderr: "required option '--username <name>' not specified\n",
    });
    expect((await portico('account', 'creat')).code).toBe(2);
    await folder.write('gateway.yaml', 'services: {}\ngraphql: {}\n');
    expect(await portico('account', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^gateway\.yaml:\d+:\d+: there are no accounts; set auth\.accounts\.enabled: true\n$/,
      ),
    });
  });

  it.each(['create', 'list', 'roles', 'password', 'disable', 'enable', 'remove'])(
    '%s --help shows an example',
    async (name) => {
      const { code, stdout } = await portico('account', name, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain(`$ portico account ${name}`);
    },
  );

  it('changes a password, and is put on record without it', async () => {
    await pipe(PASSWORD, 'account', 'create', '--username', 'mei', '--password-stdin');
    const { stdout } = await pipe(
      'quite another one',
      ...['account', 'password', '--username', 'mei', '--password-stdin'],
    );
    expect(stdout).toBe('changed the password of mei, and ended all logins of it\n');

    const { stdout: audit } = await portico('audit');
    const lines = audit
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

    expect(lines).toMatchObject([
      { action: 'account.create', outcome: 'success', who: { via: 'command' } },
      { action: 'account.update', after: 'another password' },
    ]);
    expect(audit).not.toContain('quite another one');
    expect(audit).not.toContain(PASSWORD);
  });
});

describe('portico routes', () => {
  it('shows the endpoints of accounts, and registration only where it is allowed', async () => {
    const rows = async () => {
      const { stdout } = await portico('routes', '--json');
      const all = JSON.parse(stdout) as { path: string; action: string; methods: string[]; auth: string }[];
      return all
        .filter(({ action }) => action === 'account')
        .map(({ methods, path, auth }) => `${methods.join(',')} ${path} ${auth}`);
    };

    const closed = await rows();
    await folder.write('gateway.yaml', CONFIG.replace('enabled: true', 'enabled: true, registration: true'));

    expect(closed).toEqual([
      'POST /auth/login none',
      'POST /auth/refresh none',
      'POST /auth/logout required',
      'GET,HEAD /auth/setup none',
      'POST /auth/setup none',
      'GET,HEAD /.well-known/jwks.json none',
    ]);
    expect(await rows()).toEqual(['POST /auth/register none', ...closed]);
  });
});

describe('portico signing-key', () => {
  it('lists keys and makes new ones', async () => {
    await portico('signing-key', 'rotate');
    const second = await portico('signing-key', 'rotate');
    const { stdout } = await portico('signing-key', 'list', '--json');
    const keys = JSON.parse(stdout);

    expect(keys).toHaveLength(2);
    expect(second.stdout).toBe(`${keys[0].kid} signs from now on\n`);
    expect(keys[0]).toMatchObject({ retiredAt: null, expiresAt: null });
    expect(keys[1].expiresAt > keys[1].retiredAt).toBe(true);
    expect(stdout).not.toMatch(/"d"|PRIVATE/);

    await portico('signing-key', 'rotate', '--drop-old');
    const left = await portico('signing-key', 'list');

    expect(left.stdout.trim().split('\n')).toHaveLength(2);
    expect(left.stdout).toMatch(/^[A-Za-z0-9_-]{43} +\S+ +signs +-$/m);
  });
});

describe('portico start with accounts', () => {
  it('prints a link for the first admin to who starts it, and to nobody else', async () => {
    gateway = startPortico(['start'], { cwd: folder.path });
    const listening = await gateway.line('stdout', /^portico listening on /);
    const line = await gateway.line('stdout', /^nobody is admin yet/);
    const link = /http:\S+$/.exec(line)?.[0] ?? '';
    const url = new URL(link);

    expect(url.origin).toBe(listening.replace('portico listening on ', ''));
    expect((await fetch(link)).status).toBe(200);
    const body = new URLSearchParams({
      token: url.searchParams.get('token') ?? '',
      username: 'root',
      password: PASSWORD,
    });
    expect((await fetch(`${url.origin}/auth/setup`, { method: 'POST', body })).status).toBe(201);
    const client = accountClient(url.origin);
    expect(await client.status((await client.login('root')).access_token)).toBe(200);
    gateway.child.kill('SIGTERM');
    await gateway.finished;

    const log = readFileSync(path.join(folder.path, 'log/portico.log'), 'utf8');
    expect(log).toContain('/auth/setup');
    expect(log).not.toContain(url.searchParams.get('token'));
    expect(log).not.toContain(PASSWORD);
    const data = path.join(folder.path, '.portico');
    for (const file of readdirSync(data)) expect(statSync(path.join(data, file)).mode & 0o077, file).toBe(0);

    gateway = startPortico(['start'], { cwd: folder.path });
    await gateway.line('stdout', /^portico listening on /);
    gateway.child.kill('SIGTERM');
    expect((await gateway.finished).stdout).not.toContain('nobody is admin');
  });
});
