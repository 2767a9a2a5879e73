/**
 * Measures Portico and what a user would pick instead, on this machine, in one run.
 *
 *   node bench/run.mjs [--rounds 5] [--seconds 2] [--warmup 8] [--only hand,portico] [--workload Q1b,P1]
 *                      [--soak 10] [--gateway-core 1] [--json FILE] [--write] [--smoke]
 *
 * A run of everything writes its tables to docs/performance.md; a part is printed, and written with --write.
 * Ends with 1 if any answer was wrong or failed.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runBout, soak } from './measure/bout.mjs';
import { allowedCores, describeMachine, installTools, whatIsMissing } from './measure/machine.mjs';
import { renderReport, writeBetweenMarks } from './report.mjs';
import { summarise } from './summary.mjs';
import { workloads } from './workload.mjs';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      warmup: { type: 'string', default: '8' },
      only: { type: 'string', default: '' },
      workload: { type: 'string', default: '' },
      soak: { type: 'string', default: '0' },
      'gateway-core': { type: 'string' },
      json: { type: 'string', default: '' },
      write: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
    },
  });
  const list = (text) => text.split(',').filter((name) => name !== '');
  const numbers = values.smoke ? { rounds: 1, seconds: 1, warmup: 0 } : values;
  return {
    smoke: values.smoke,
    rounds: Number(numbers.rounds),
    seconds: Number(numbers.seconds),
    warmup: Number(numbers.warmup),
    soak: Number(values.soak),
    only: list(values.only),
    workloads: list(values.workload),
    gatewayCore: values['gateway-core'],
    json: values.json,
    write: values.write,
  };
}

function chooseWorkloads(names) {
  const unknown = names.filter((name) => !workloads.some(({ id }) => id === name));
  if (unknown.length > 0)
    throw new Error(`no such workload: ${unknown}; there are ${workloads.map(({ id }) => id)}`);
  return names.length === 0 ? workloads : workloads.filter(({ id }) => names.includes(id));
}

/** One core for the gateway, the last one if nothing else is said; all others for load and upstream. */
function chooseCores(wanted) {
  const all = allowedCores();
  const gateway = wanted === undefined ? all.at(-1) : Number(wanted);
  if (!all.includes(gateway)) throw new Error(`no core ${gateway} here; there are ${all}`);
  return { gateway: [gateway], load: all.filter((core) => core !== gateway) };
}

function complainOfMissing() {
  const missing = whatIsMissing();
  if (!existsSync(built)) missing.push('the built gateway: run `npm run build` first');
  for (const what of missing) console.error(`missing: ${what}`);
  return missing.length > 0;
}

function giveReport(options, report) {
  const whole = options.only.length === 0 && options.workloads.length === 0;
  if (options.write || whole) {
    writeBetweenMarks(page, report);
    console.log(`wrote ${page}`);
  } else {
    console.log(report);
  }
}

/** What was tried and did not hold, for standard error; tells whether there was any. */
function complainOfInvalid(bouts) {
  const invalid = bouts.flatMap(({ workload, rows }) =>
    rows
      .filter((row) => row.invalid !== undefined)
      .map((row) => `${workload.id} ${row.name}: ${row.invalid}`),
  );
  for (const text of invalid) console.error(`INVALID ${text}`);
  return invalid.length > 0;
}

/** One line a workload: the smoke run looks at answers, so its figures are not shown. */
function tellSmoke(bouts) {
  for (const { workload, rows } of bouts) {
    const right = rows.filter(({ absent, invalid }) => absent === undefined && invalid === undefined);
    console.log(`${workload.id}: right from ${right.map(({ name }) => name).join(', ') || 'nobody'}`);
  }
  const absent = bouts.flatMap(({ workload, rows }) =>
    rows
      .filter((row) => row.absent !== undefined)
      .map((row) => `${row.name} (${workload.id}): ${row.absent}`),
  );
  for (const text of absent) console.log(`absent: ${text}`);
}

async function runAll(options, folder) {
  const settings = {
    ...options,
    folder,
    cores: chooseCores(options.gatewayCore),
    wants: (name) => options.only.length === 0 || options.only.includes(name),
    tell: (text) => console.error(text),
  };
  const bouts = [];
  for (const workload of chooseWorkloads(options.workloads)) {
    const rows = await runBout(workload, settings);
    if (rows.length > 0) bouts.push({ workload, rows });
    if (options.json !== '') writeFileSync(options.json, JSON.stringify(summarise(bouts), undefined, 2));
  }
  const steady = workloads.find(({ id }) => id === 'Q1b');
  const resident = options.soak > 0 ? await soak(steady, options.soak, settings) : undefined;
  return { bouts, resident, cores: settings.cores };
}

async function main() {
  const options = readOptions();
  if (process.platform === 'linux') installTools();
  if (complainOfMissing()) return 1;
  const folder = mkdtempSync(join(tmpdir(), 'portico-bench-'));
  try {
    const { bouts, resident, cores } = await runAll(options, folder);
    const { rounds, seconds, warmup } = options;
    const date = new Date().toISOString().slice(0, 10);
    if (options.smoke) tellSmoke(bouts);
    else {
      const facts = { machine: describeMachine(), rounds, seconds, warmup, cores, date, resident };
      giveReport(options, renderReport({ summary: summarise(bouts), ...facts }));
    }
    return complainOfInvalid(bouts) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
process.exitCode = await main();
