import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contenderByName } from '../contender.mjs';
import { checkAnswer, isDistinct } from './answer.mjs';
import { measure, warmUp } from './load.mjs';
import { freePort, startPinned, stop } from './running.mjs';

const upstreamFile = fileURLToPath(new URL('../upstream.mjs', import.meta.url));

/** The services behind a workload, set up as its variant says. */
async function startUpstream(workload, { folder, cores }) {
  const port = await freePort();
  const args = [upstreamFile, '--port', String(port)];
  if (workload.variant.startsWith('slow')) args.push('--delay', '20');
  if (workload.variant === 'unlike') args.push('--unlike');
  if (workload.variant === 'cache') args.push('--cache');
  const log = join(folder, 'upstream.log');
  return startPinned({ command: process.execPath, args, cores: cores.load, port, log });
}

async function startContender(contender, workload, upstreamPort, { folder, cores }) {
  const where = {
    port: await freePort(),
    upstream: `http://127.0.0.1:${upstreamPort}`,
    folder: join(folder, contender.name),
    forward: isDistinct(workload) ? 'authorization' : '',
    cache: workload.variant === 'cache',
  };
  const { command, args, env } = contender.start(where);
  // Without FORWARD each contender does what it does by default.
  const forward = where.forward === '' ? {} : { FORWARD: where.forward };
  const log = join(where.folder, 'output.log');
  mkdirSync(where.folder, { recursive: true });
  return startPinned({
    command,
    args,
    env: { PORT: String(where.port), UPSTREAM_URL: where.upstream, ...forward, ...env },
    cores: cores.gateway,
    port: where.port,
    log,
  });
}

/** What a row says that is not a figure: `absent` for what cannot run here, `invalid` for what ran wrongly. */
function rowOf(contender, error) {
  // A feature that the configuration knows and this version lacks is not a failure of the run.
  const lacking = error.message.match(/services\.\w+\.(\S+) is not available yet/);
  if (lacking !== null) return { contender, absent: `not in this version: ${lacking[1]}` };
  return { contender, invalid: error.message };
}

async function enter(contender, workload, upstreamPort, options) {
  const reason = contender.missing();
  if (reason !== undefined) return { contender, absent: reason };
  let running;
  try {
    running = await startContender(contender, workload, upstreamPort, options);
    const bodyBytes = await checkAnswer(workload, running.port);
    if (options.warmup > 0) await warmUp(workload, running, options.warmup, options.cores.load);
    return { contender, running, bodyBytes, samples: [] };
  } catch (error) {
    if (running !== undefined) await stop(running);
    return rowOf(contender, error);
  }
}

async function measureRow(row, workload, upstreamPort, options) {
  const { running, bodyBytes } = row;
  const { seconds, cores } = options;
  try {
    row.samples.push(
      await measure({ workload, running, upstreamPort, bodyBytes, seconds, cores: cores.load }),
    );
  } catch (error) {
    await stop(running);
    delete row.running;
    row.invalid = error.message;
  }
}

/**
 * One workload: starts its contenders, checks each one's answer, and measures them in turn, round by round, so
 * that a slow minute of the machine hits all alike. Gives a row for each contender.
 */
export async function runBout(workload, options) {
  const folder = join(options.folder, workload.id);
  const here = { ...options, folder };
  const upstream = await startUpstream(workload, here);
  const rows = [];
  try {
    for (const name of workload.contenders) {
      if (!options.wants(name)) continue;
      options.tell(`${workload.id}: ${name} starts`);
      rows.push(await enter(contenderByName.get(name), workload, upstream.port, here));
    }
    for (let round = 1; round <= options.rounds; round += 1) {
      const live = rows.filter(({ running }) => running !== undefined);
      // Each round begins with another one, so that nobody is always first, or always far from somebody else.
      const first = Math.floor(((round - 1) * live.length) / options.rounds);
      for (const row of [...live.slice(first), ...live.slice(0, first)]) {
        options.tell(`${workload.id}: round ${round} of ${options.rounds}, ${row.contender.name}`);
        await measureRow(row, workload, upstream.port, here);
      }
    }
  } finally {
    const left = rows.flatMap(({ running }) => running ?? []);
    await Promise.all([...left, upstream].map(stop));
  }
  return rows.map(({ contender: { name, label }, absent, invalid, samples }) => ({
    name,
    label,
    absent,
    invalid,
    samples,
  }));
}

/** Portico alone under Q1b for `minutes`; gives its resident bytes at the end of each minute. */
export async function soak(workload, minutes, options) {
  const folder = join(options.folder, 'soak');
  const here = { ...options, folder };
  const upstream = await startUpstream(workload, here);
  const running = await startContender(contenderByName.get('portico'), workload, upstream.port, here);
  const resident = [];
  try {
    const bodyBytes = await checkAnswer(workload, running.port);
    for (let minute = 1; minute <= minutes; minute += 1) {
      options.tell(`soak: minute ${minute} of ${minutes}`);
      const cores = options.cores.load;
      const { rss } = await measure({
        workload,
        running,
        upstreamPort: upstream.port,
        bodyBytes,
        seconds: 60,
        cores,
      });
      resident.push(rss);
    }
  } finally {
    await Promise.all([running, upstream].map(stop));
  }
  return resident;
}
