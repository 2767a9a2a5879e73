import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isatty } from 'node:tty';
import { type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Gateway, GatewaySource } from '../../gateway.ts';
import { CommandFailure } from '../failure.ts';
import type { AccountsAtHand } from '../open-accounts.ts';
import { complain } from '../report.ts';
import type { Demo } from './guide.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { signIn } from './sign-in.ts';
import { type Tour, urlVariable } from './tour.ts';

export interface RunOptions {
  /** Undefined: the configuration's. */
  readonly port: number | undefined;
  /** Nothing but warnings is logged. */
  readonly quiet: boolean;
}

export interface RunningDemo {
  readonly demo: Demo;
  /** Resolves once a signal has ended everything. */
  readonly ended: Promise<void>;
}

/** Starts an example's services, the gateway on them, and signs in. Leaves nothing behind if any of it fails. */
export async function runDemo(tour: Tour, options: RunOptions): Promise<RunningDemo> {
  const stop = new Stack();
  const stopped = onSignal();
  // Loaded here and not above: a wrong name of an example needs no server to say so. It loads while services start.
  const loading = import('../../gateway.ts');
  try {
    const dataDir = tour.accounts.length === 0 ? undefined : await makeDataDir(stop);
    const services = await startServices(tour, stop);
    const logger = createDemoLogger();
    const { createGateway } = await loading;
    const source = gatewaySource(tour, services, { port: options.port, dataDir });
    await makeAccounts(tour, source);
    const gateway = await createGateway(source, { logger });
    stop.push(() => gateway.close());
    const { url } = await listen(gateway);
    const [token, adminToken] = await Promise.all([
      signIn(url, tour.signIn, tour.signIn.user),
      signIn(url, tour.signIn, tour.signIn.admin),
    ]);
    await Promise.all(services.map(resetCalls));
    if (!options.quiet) logger.level = 'info';
    const ended = stopped.then(() => stop.unwind());
    return { demo: { tour, url, token, adminToken, services, dataDir }, ended };
  } catch (error) {
    await stop.unwind();
    throw error;
  }
}

/** What to do at the end, the last thing first. */
class Stack {
  readonly #steps: (() => Promise<void>)[] = [];

  push(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  async unwind(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step();
  }
}

async function startServices(tour: Tour, stop: Stack): Promise<ServiceProcess[]> {
  const onExit = (name: string, reason: string) => complain(`${name} has ended (${reason})`);
  const starts = tour.services.map((name) => startServiceProcess({ file: tour.start, name, onExit }));
  const settled = await Promise.allSettled(starts);
  const services = settled.filter((start) => start.status === 'fulfilled').map(({ value }) => value);
  stop.push(async () => {
    await Promise.all(services.map((service) => service.stop()));
  });
  const failed = settled.find((start) => start.status === 'rejected');
  if (failed !== undefined) throw new CommandFailure([String(failed.reason)]);
  return services;
}

function gatewaySource(
  tour: Tour,
  services: readonly ServiceProcess[],
  { port, dataDir }: { readonly port: number | undefined; readonly dataDir: string | undefined },
): GatewaySource {
  const urls = services.map((service) => [urlVariable(service.name), service.url]);
  return {
    file: tour.config,
    env: { ...process.env, ...Object.fromEntries(urls), ...(dataDir !== undefined && { DATA_DIR: dataDir }) },
    overrides: { development: true, ...(port !== undefined && { port }) },
  };
}

/** Where the gateway keeps what it has to; gone with the demo. */
async function makeDataDir(stop: Stack): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-demo-'));
  stop.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The accounts that the gateway itself keeps for the example. */
async function makeAccounts({ accounts }: Tour, { file, env }: GatewaySource): Promise<void> {
  if (accounts.length === 0) return;
  const { withAccounts } = await import('../open-accounts.ts');
  const make = async (at: AccountsAtHand) => {
    for (const account of accounts) await at.accounts.create(account);
  };
  await withAccounts(file, make, env);
}

async function listen(gateway: Gateway): Promise<{ readonly url: string }> {
  try {
    return await gateway.start();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new CommandFailure([`cannot listen (${error.message}): choose another port with --port`]);
  }
}

/** Signing in was a call like any other; a visitor who counts starts from zero. */
async function resetCalls(service: ServiceProcess): Promise<void> {
  await fetch(`${service.url}/_calls`, { method: 'DELETE' });
}

/** To stderr: stdout is for what was asked for. Starts with warnings only. */
function createDemoLogger(): Logger {
  const settings: LoggerOptions = {
    level: 'warn',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // Whoever kills a service here wants to see that it is missed, not where in the code.
    serializers: { err: (error: Error) => error.message },
  };
  if (!isatty(2)) return pino(settings, pino.destination({ dest: 2, sync: true }));
  return pino(settings, pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss' }));
}

/** Resolves with the first SIGINT or SIGTERM; a second one ends the process at once. */
function onSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const handle = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', handle).on('SIGTERM', handle);
  });
}
