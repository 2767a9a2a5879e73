import path from 'node:path';
import { createHealth } from './admin/health.ts';
import { createHealthReport } from './admin/health-report.ts';
import type { Environment } from './config/source/environment.ts';
import type { Phase } from './guard/create-guard.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import { formatProblem, type Problem } from './kernel/problem.ts';
import { createLogger, type Logger } from './observe/logger.ts';
import { compileRuntime, type EndpointParts } from './runtime/compile-runtime.ts';
import { drain } from './runtime/drain.ts';
import { type Address, createListener } from './runtime/listener.ts';
import { createLiveRuntime } from './runtime/live-runtime.ts';
import { needsRestart } from './runtime/needs-restart.ts';
import { createPools } from './runtime/pools.ts';
import { readBlueprint } from './runtime/read-blueprint.ts';

/** What a gateway is made from. */
export interface GatewaySource {
  /** The configuration; relative to the working directory. */
  readonly file: string;
  readonly env: Environment;
  readonly overrides?: {
    /** 0: any free one. */
    readonly port?: number;
    readonly host?: string;
    /** Absent: unless NODE_ENV is `production`. */
    readonly development?: boolean;
  };
}

export interface GatewayOptions {
  /** Absent: the one that the configuration describes. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface Gateway {
  /** Listens. Rejects with Node's error if the address can't be had. */
  start(): Promise<Address>;
  /**
   * Reads everything anew, or from another source, and goes live with it if it is faultless; requests in flight end as
   * they began. Throws `ConfigurationError` (or what a resolver module throws) and stays as it was if it is not;
   * throws an Error once the gateway is being closed.
   */
  reload(source?: GatewaySource): Promise<void>;
  /** Drains as `server.drain` says, then lets go of everything. */
  close(): Promise<void>;
}

/** Reads, checks and compiles a gateway; it does not listen yet. Throws `ConfigurationError` with every problem. */
export async function createGateway(source: GatewaySource, options: GatewayOptions = {}): Promise<Gateway> {
  const { clock = systemClock } = options;
  const first = await readBlueprint(source.file, source.env);
  const { server, telemetry } = first.blueprint.config;
  const log = options.logger
    ? { logger: options.logger, close: async () => {} }
    : openLog(telemetry.logs, first.blueprint.folder);
  const { logger } = log;
  const pools = createPools(clock, logger);
  let phase: Phase = 'running';

  const endpoints = ({ blueprint, upstreams, renderError }: EndpointParts) =>
    createHealth({
      health: blueprint.config.health,
      report: createHealthReport(upstreams, clock),
      phase: () => phase,
      renderError,
    });

  const compile = ({ blueprint, resolvers, env, warnings }: typeof first, { overrides }: GatewaySource) => {
    warn(warnings, logger);
    const development = overrides?.development ?? env.NODE_ENV !== 'production';
    return compileRuntime(blueprint, {
      pools,
      env,
      resolvers,
      development,
      endpoints,
      phase: () => phase,
      clock,
      logger,
    });
  };

  const runtime = await compile(first, source).catch(async (error) => {
    await log.close();
    throw error;
  });
  const live = createLiveRuntime(runtime, logger);
  const listener = createListener({ server, guard: () => live.current().guard, clock, logger });
  let latest = source;
  let reloaded: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;

  async function reload(next: GatewaySource): Promise<void> {
    if (closed !== undefined) throw new Error('The gateway is being closed');
    const before = live.current().blueprint.config;
    const runtime = await compile(await readBlueprint(next.file, next.env), next);
    live.swap(runtime);
    const keys = needsRestart(before, runtime.blueprint.config);
    if (keys.length > 0) logger.warn({ keys }, 'these changes need a restart of the gateway');
    latest = next;
  }

  async function close(): Promise<void> {
    await drain(listener, live.current().blueprint.config.server.drain, (to) => (phase = to), clock);
    // What a reload under way makes live has to be let go as well.
    await reloaded;
    await live.close();
    await log.close();
  }

  return {
    start: () =>
      listener.listen(source.overrides?.host ?? server.host, source.overrides?.port ?? server.port),
    reload(next) {
      // One after the other, so that the last one asked for is the one that stays.
      const turn = reloaded.then(() => reload(next ?? latest));
      reloaded = turn.catch(() => {});
      return turn;
    },
    close: () => (closed ??= close()),
  };
}

function openLog(
  { level, pretty, file, rotate, redact }: Parameters<typeof createLogger>[0],
  folder: string,
): ReturnType<typeof createLogger> {
  return createLogger({ level, pretty, redact, rotate, file: file === '' ? '' : path.resolve(folder, file) });
}

function warn(warnings: readonly Problem[], logger: Logger): void {
  for (const problem of warnings) logger.warn(formatProblem(problem));
}
