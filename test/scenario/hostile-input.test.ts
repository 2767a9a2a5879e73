import { afterAll, beforeAll, expect, it } from 'vitest';
import { attack, type Outcome } from './hostile-input/attack.ts';
import { type BesiegedGateway, type Memory, startBesiegedGateway } from './hostile-input/besieged-gateway.ts';
import { type HostileInput, request, type SeenCall } from './hostile-input/hostile-input.ts';
import { hostileInputs } from './hostile-input/inputs.ts';

/** How many are under way at a time, and how often all are sent for their memory to show. */
const AT_ONCE = 16;
const ROUNDS = 24;
const MEGABYTE = 1024 * 1024;

let gateway: BesiegedGateway;
let inputs: readonly (HostileInput & { readonly subject: string })[];

beforeAll(async () => {
  gateway = await startBesiegedGateway();
  inputs = Object.entries(await hostileInputs(gateway.means)).flatMap(([subject, rows]) =>
    rows.map((row) => ({ ...row, subject })),
  );
  expect(await isServed('/limited/first')).toBe(true);
}, 60_000);
afterAll(() => gateway.close());

async function isServed(path: string): Promise<boolean> {
  const { status } = await attack(gateway.port, {
    name: '',
    bytes: request(`GET ${path} HTTP/1.1`),
    status: 200,
  });
  return status === 200;
}

/** What was wrong with what came of an input; empty if nothing was. */
function faultsOf(
  input: HostileInput,
  { status, answers, answer }: Outcome,
  seen: SeenCall | undefined,
): string[] {
  const faults: string[] = [];
  const allowed = typeof input.status === 'object' ? input.status : [input.status];
  if (!allowed.includes(status as number)) faults.push(`status ${status}, not ${allowed.join(' or ')}`);
  const expected = input.answers ?? (input.status === 'closed' ? 0 : 1);
  if (answers !== expected) faults.push(`${answers} answers, not ${expected}`);
  const code = input.code && answer && codeOf(answer.body);
  if (code !== input.code) faults.push(`code ${code}, not ${input.code}`);
  try {
    if (answer) input.check?.(answer, seen);
  } catch (error) {
    faults.push(String(error));
  }
  return faults;
}

function codeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code;
  } catch {
    return `none in ${body.slice(0, 200)}`;
  }
}

/** Sends all of these, so many at a time, and gives what was wrong, each with its name. */
async function sendAll(all: typeof inputs, atOnce: number): Promise<string[]> {
  const faults: string[] = [];
  const before = gateway.service.requests.length;
  const waiting = all.values();
  const sendInTurn = async () => {
    for (const input of waiting) {
      const outcome = await attack(gateway.port, input);
      const seen = gateway.service.requests.slice(before);
      const call = seen.find(({ url }) => input.calls?.includes(url));
      for (const fault of faultsOf(input, outcome, call))
        faults.push(`${input.subject}: ${input.name}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendInTurn));
  return [...faults, ...wrongCalls(all, gateway.service.requests.slice(before))];
}

/** What the service has seen but should not have, and the other way round. */
function wrongCalls(all: typeof inputs, seen: readonly SeenCall[]): string[] {
  const expected = all.flatMap(({ calls = [] }) => calls);
  const possible = new Set(all.flatMap(({ mayCall = [] }) => mayCall));
  const urls = seen.map(({ url }) => url).filter((url) => !possible.has(url));
  return [
    ...without(urls, expected).map((url) => `the service saw ${url}`),
    ...without(expected, urls).map((url) => `the service did not see ${url}`),
  ];
}

function without(list: readonly string[], taken: readonly string[]): string[] {
  const left = [...taken];
  return list.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const quick = () => inputs.filter(({ slow }) => !slow);

it('has enough of them, and none twice', () => {
  expect(inputs.length).toBeGreaterThan(400);
  const names = inputs.map(({ subject, name }) => `${subject}: ${name}`);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  const calls = inputs.flatMap((input) => input.calls ?? []);
  expect(calls.filter((url, i) => calls.indexOf(url) !== i)).toEqual([]);
});

it('gives each of them what it must get, one after the other', async () => {
  expect(await sendAll(quick(), 1)).toEqual([]);
}, 120_000);

it('gives it to slow ones in bounded time', async () => {
  const slow = inputs.filter(({ slow }) => slow);
  expect(slow.length).toBeGreaterThan(10);
  expect(await sendAll(slow, slow.length)).toEqual([]);
}, 60_000);

it('gives it to many at a time', async () => {
  expect(await sendAll(quick(), AT_ONCE)).toEqual([]);
}, 120_000);

it('does not grow with them', async () => {
  const samples: Memory[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    expect(await sendAll(quick(), AT_ONCE)).toEqual([]);
    if (round % 4 === 0) samples.push(await gateway.memory());
  }
  const early = samples.slice(0, samples.length / 2);
  const late = samples.slice(samples.length / 2);
  // What the process has asked the system for comes and goes with what happens to be under way at a time.
  const grown = (of: keyof Memory) =>
    (Math.min(...late.map((sample) => sample[of])) - Math.max(...early.map((sample) => sample[of]))) /
    MEGABYTE;
  expect(grown('heap')).toBeLessThan(10);
  expect(grown('rss')).toBeLessThan(30);
}, 300_000);

it('is alive after all of them, and has nothing to say of itself', async () => {
  expect(gateway.isAlive()).toBe(true);
  expect(await isServed('/public/after')).toBe(true);
  expect(gateway.faults()).toEqual([]);
});
