import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { formatProblem } from '../../src/kernel/problem.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

it('takes variables from .env beside the file, and the real environment before it', async () => {
  await write('.env', 'PORT=5001\nHOST="127.0.0.1" # here\n');
  const file = await write(
    'gateway.yaml',
    'server: { port: ${PORT}, host: "${HOST}" }\nservices: {}\ngraphql: {}\n',
  );
  const { loaded } = await loadConfig(file, { env: { PORT: '5002' } });
  expect(loaded?.config.server).toMatchObject({ port: 5002, host: '127.0.0.1' });
  expect(loaded?.env).toEqual({ PORT: '5002', HOST: '127.0.0.1' });
});

it('gives the absolute folder, and the file as it was named', async () => {
  const file = path.relative(process.cwd(), await write('gateway.yaml', 'services: {}\ngraphql: {}\n'));
  const { loaded } = await loadConfig(file, { env: {} });
  expect(loaded).toMatchObject({ file, folder });
});

it('says what to do where there is no file', async () => {
  const { loaded, problems } = await loadConfig('nowhere/gateway.yaml', { env: {} });
  expect(loaded).toBeUndefined();
  expect(problems.map(formatProblem)).toEqual([
    'nowhere/gateway.yaml:1:1: there is no such file; name yours with --config, or write gateway.yaml',
  ]);
});

it('says so where the file is a folder', async () => {
  const { problems } = await loadConfig(folder, { env: {} });
  expect(problems[0]?.message).toBe('this is a folder; name the file in it with --config');
});

it('tells of every file that the configuration names and that is not there', async () => {
  const file = await write(
    'gateway.yaml',
    `auth: { jwt: [{ publicKey: key.pem }] }
services:
  users: { urls: [https://localhost:8001], tls: { ca: ca.pem } }
routes:
  - { path: /users, service: users, schema: body.json }
  - { path: /posts, service: posts }
`,
  );
  await write('body.json', '{ "type": ');
  const { problems } = await loadConfig(file, { env: {} });
  expect(problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`)).toEqual([
    "1:28 the file key.pem cannot be read (ENOENT); its path starts at the configuration's folder",
    "3:55 the file ca.pem cannot be read (ENOENT); its path starts at the configuration's folder",
    expect.stringMatching(/^5:45 body.json is neither JSON nor YAML: /),
    '6:30 there is no service "posts". Known: users.',
  ]);
});

it('refuses a key file that does not fit, or that should have stayed at home', async () => {
  const file = await write(
    'gateway.yaml',
    `auth:
  jwt:
    - { publicKey: key.pem, algorithms: [RS256] }
    - { publicKey: private.pem }
services: {}
graphql: {}
`,
  );
  await write(
    'key.pem',
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
  );
  await write('private.pem', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n');
  const { problems } = await loadConfig(file, { env: {} });
  expect(problems.map(({ message }) => message)).toEqual([
    'none of RS256 works with this key; it can do EdDSA, Ed25519',
    'this is a private key; give the public one',
  ]);
});

it('refuses a body schema that is none, inline or in a file', async () => {
  await write('good.yaml', 'type: object\nrequired: [name]\n');
  await write('bad.json', '{ "type": "thing" }');
  const file = await write(
    'gateway.yaml',
    `services: {}
routes:
  - { path: /a, respond: {}, schema: good.yaml }
  - { path: /b, respond: {}, schema: bad.json }
  - { path: /c, respond: {}, schema: { minLength: -1 } }
`,
  );
  const { problems } = await loadConfig(file, { env: {} });
  expect(problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`)).toEqual([
    expect.stringMatching(/^4:38 this is no JSON Schema: .*type/),
    expect.stringMatching(/^5:38 this is no JSON Schema: .*minLength/),
  ]);
});
