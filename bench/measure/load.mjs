import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { checkAnswer, isDistinct } from './answer.mjs';
import { usageOf } from './process-tree.mjs';

const script = fileURLToPath(new URL('load.lua', import.meta.url));
const connections = 64;
let tokens = 0;

/** Runs wrk on the given cores and gives what it saw. */
function runWrk(workload, port, seconds, cores) {
  tokens += 1_000_000_000;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script];
  const child = spawn(
    'taskset',
    ['-c', cores.join(','), 'wrk', ...args, `http://127.0.0.1:${port}${workload.path}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        METHOD: workload.method,
        BODY: workload.body,
        DISTINCT: isDistinct(workload) ? '1' : '0',
        FIRST: String(tokens),
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      const line = output.match(/^BENCH (\{.*\})$/m);
      if (line === null) reject(new Error(`wrk gave no result: ${output.slice(-300)}`));
      else resolve(JSON.parse(line[1]));
    });
  });
}

/** While the load runs, asks now and then and looks at the whole answer. Gives how many, throws if one is wrong. */
async function sampleAnswers(workload, port, running) {
  let count = 0;
  while (!running.ended) {
    await checkAnswer(workload, port);
    count += 1;
    await sleep(250);
  }
  return count;
}

/** What the upstream was asked since the last time; counting starts anew. */
export async function takeCalls(upstreamPort) {
  const url = `http://127.0.0.1:${upstreamPort}/_calls`;
  const calls = await (await request(url)).body.json();
  await (await request(url, { method: 'DELETE' })).body.dump();
  return calls;
}

function judge(seen, bodyBytes, calls, workload) {
  const broken = ['connect', 'read', 'write', 'status', 'timeout'].filter((kind) => seen[kind] > 0);
  if (broken.length > 0)
    throw new Error(`under load: ${broken.map((kind) => `${seen[kind]} ${kind} errors`).join(', ')}`);
  if (seen.requests === 0) throw new Error('under load: no request was answered');
  // Partial answers at the end count as bytes but not as requests, so the mean can only be above the true one.
  if (seen.bytes / seen.requests < bodyBytes)
    throw new Error('under load: answers were shorter than the right one');
  if (isDistinct(workload) && calls.authorized < calls.total)
    throw new Error('calls lack the Authorization header');
}

/** Loads a contender for some seconds without looking, until its code is compiled and its connections stand. */
export const warmUp = (workload, running, seconds, cores) => runWrk(workload, running.port, seconds, cores);

/**
 * One measurement: `seconds` of load from 64 connections. Gives requests per second, latencies in milliseconds,
 * CPU seconds of the gateway per 1,000 requests, the share of the time that it computed, its resident bytes,
 * and upstream calls per request. Throws if any answer was wrong or failed.
 */
export async function measure({ workload, running, upstreamPort, bodyBytes, seconds, cores }) {
  await takeCalls(upstreamPort);
  const before = usageOf(running.pid);
  const state = { ended: false };
  const load = runWrk(workload, running.port, seconds, cores).finally(() => {
    state.ended = true;
  });
  const [seen, samples] = await Promise.all([load, sampleAnswers(workload, running.port, state)]);
  const after = usageOf(running.pid);
  const calls = await takeCalls(upstreamPort);
  judge(seen, bodyBytes, calls, workload);
  const requests = seen.requests + samples;
  const cpu = after.cpuSeconds - before.cpuSeconds;
  return {
    perSecond: seen.requests / (seen.microseconds / 1e6),
    p50: seen.p50 / 1000,
    p99: seen.p99 / 1000,
    cpuPerThousand: (cpu / requests) * 1000,
    busy: cpu / (seen.microseconds / 1e6),
    rss: after.rss,
    callsPerRequest: calls.total / requests,
  };
}
