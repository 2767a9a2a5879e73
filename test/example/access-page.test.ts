import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { runCurlLine } from '../support/shell.ts';

const PAGE = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
const file = (name: string) => PAGE.split(`# access/${name}\n`)[1]?.split('```')[0] ?? '';

/** A line of a shell, and what the page says comes back, without `# `. */
interface Step {
  readonly line: string;
  readonly answer: readonly string[];
}

const STEPS: readonly Step[] = [...PAGE.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text = '']) => {
  const blocks = text.replaceAll('\\\n', ' ').match(/^[^#\n].*\n(?:# .*\n)*/gm) ?? [];
  return blocks.map((block) => {
    const [line = '', ...answer] = block.trimEnd().split('\n');
    return { line, answer: answer.map((one) => one.slice('# '.length)) };
  });
});
const CURL = STEPS.filter(({ line }) => line.startsWith('curl '));
const COMMANDS = STEPS.filter(({ line }) => line.startsWith('portico '));

const PASSWORD = 'correct horse';
/** What the page's variables stand for at the time. */
const known: Record<string, string> = {};
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    config: file('gateway.yaml'),
    sdl: { 'schema.graphql': file('schema.graphql') },
  });
  await post('register', { username: 'eva', password: PASSWORD });
  await portico(['account', 'roles', '--username', 'eva', '--roles', 'editor', '--scopes', 'orders:read']);
  known.EDITOR = await login('eva');
});
afterAll(() => gateway.close());

async function post(name: string, body: object): Promise<Record<string, string>> {
  const response = await fetch(`${gateway.url}/auth/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, string>;
}

const login = async (username: string) =>
  (await post('login', { username, password: PASSWORD })).access_token ?? '';

async function portico(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args, gateway.folder);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
}

function ask(line: string): Promise<Response> {
  const variables = Object.entries(known).map(([name, value]) => `${name}='${value}'`);
  return runCurlLine([...variables, line.replace('localhost:4000', gateway.url)].join('\n'));
}

/** What comes may be anything where the page has `…`. */
function like(expected: string): unknown {
  const parts = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return expect.stringMatching(new RegExp(`^${parts.join('.+')}$`));
}

/** An answer of the page as a pattern. How long one has to wait gets less with each second. */
function pattern(json: string): unknown {
  return JSON.parse(json, (name, value: unknown) => {
    if (name === 'retry_after' || name === 'retryAfter') return expect.closeTo(value as number, -2);
    return typeof value === 'string' ? like(value) : value;
  });
}

const parse = (json: string): unknown => JSON.parse(json);

function note(body: unknown): void {
  const { access_token, refresh_token, key, id } = body as Record<string, string>;
  for (const [name, value] of Object.entries({
    ACCESS: access_token,
    REFRESH: refresh_token,
    KEY: key,
    ID: id,
  }))
    if (value !== undefined) known[name] = value;
}

describe('the page on access', () => {
  it('has answers that come as it says', async () => {
    for (const { line, answer } of CURL) {
      if (line.includes('$USER_TOKEN')) known.USER_TOKEN = await login('ana');
      // Refused is what comes after these.
      if (/RATE_LIMITED|"status":429/.test(answer.join())) for (const _ of [1, 2]) await ask(line);
      const [first = '', ...headers] = answer;
      const [status, json] = [first.slice(0, 3), first.slice(4)];
      const response = await ask(line);
      expect(`${line}: ${response.status}`).toBe(`${line}: ${status}`);
      for (const header of headers) {
        const [, name = '', value = ''] = /^(.+?): (.*)$/.exec(header) ?? [];
        expect({ [name]: response.headers.get(name) }).toEqual({ [name]: like(value) });
      }
      if (json === '') continue;
      const body: unknown = await response.json();
      expect(body).toEqual(pattern(json));
      note(body);
    }
    expect(CURL.length).toBeGreaterThan(15);
  });

  it('has commands that do something', async () => {
    for (const { line, answer } of COMMANDS) {
      const script = `portico() { printf '%s\\0' "$@"; }\nID='${known.ID}'\n${line}\n`;
      const args = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
      const printed = await portico(args);
      if (args.includes('--json')) note(JSON.parse(printed));
      const [shown] = answer;
      // Rows are written a moment after what they tell of.
      if (shown !== undefined)
        await vi.waitFor(async () =>
          expect((await portico(args)).trimEnd().split('\n').map(parse)).toContainEqual(pattern(shown)),
        );
    }
    expect(COMMANDS.length).toBeGreaterThan(4);
  });

  it('explains the operation as it shows', async () => {
    const { line, answer } = STEPS.find((step) => step.line.endsWith('| portico explain -')) as Step;
    const [, operation = ''] = /^echo '(.*)'/.exec(line) ?? [];
    await writeFile(path.join(gateway.folder, 'operation.graphql'), `${operation}\n`);
    expect((await portico(['explain', 'operation.graphql'])).trimEnd().split('\n')).toEqual(answer);
  });

  it('tells of limits on operations in the words of its table', async () => {
    const told = [...PAGE.matchAll(/^\| `\w+` \| \d+ \|.*\| `(The .*)` \|$/gm)].map(([, message]) => message);
    const times = (count: number, text: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => text(i)).join(' ');
    const operations = [
      `{ ${times(2000, () => 'hello')} }`,
      `${'{ a '.repeat(13)}${'}'.repeat(13)}`,
      `{ ${times(31, (i) => `a${i}: hello`)} }`,
      `{ ${times(21, () => 'hello')} }`,
      '{ products(first: 10001) { id } }',
      '{ products(first: 1000) { seller { name } } }',
    ];
    const messages: unknown[] = [];
    for (const query of operations) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query }),
      });
      const { errors } = (await response.json()) as { errors: [{ message: string; extensions: object }] };
      messages.push(errors[0].message);
      expect([response.status, errors[0].extensions]).toMatchObject([400, { code: 'OPERATION_TOO_COSTLY' }]);
    }
    expect(messages).toEqual(told);
  });
});
