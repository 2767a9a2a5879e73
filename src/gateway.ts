import { createAccountEndpoints } from './admin/account/account-endpoints.ts';
import { createHashingPlace } from './admin/account/hashing-place.ts';
import { createLoginAttempts } from './admin/account/login-attempts.ts';
import { offerSetup } from './admin/account/offer-setup.ts';
import { createApiKeyEndpoints } from './admin/api-keys.ts';
import { createHealth } from './admin/health.ts';
import { createHealthReport } from './admin/health-report.ts';
import { accountPath } from './config/account-path.ts';
import type { Environment } from './config/source/environment.ts';
import type { Phase } from './guard/create-guard.ts';
import { type AuditActor, noAudit } from './kernel/audit-event.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import { formatProblem, type Problem } from './kernel/problem.ts';
import type { Logger } from './observe/logger.ts';
import { auditReload } from './runtime/audit-reload.ts';
import { compileRuntime, type EndpointParts } from './runtime/compile-runtime.ts';
import { drain } from './runtime/drain.ts';
import { type Address, createListener } from './runtime/listener.ts';
import { createLiveRuntime } from './runtime/live-runtime.ts';
import { needsRestart } from './runtime/needs-restart.ts';
import { readBlueprint } from './runtime/read-blueprint.ts';
import { openResources } from './runtime/resources.ts';

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
  /** Told of a link to make the first admin, as long as there is none. It is for whoever starts the gateway, and not for logs. */
  readonly onSetupLink?: (url: string) => void;
}

export interface Gateway {
  /** Listens. Rejects with Node's error if the address can't be had. */
  start(): Promise<Address>;
  /**
   * Reads everything anew, or from another source, and goes live with it if it is faultless; requests in flight end as
   * they began. Throws `ConfigurationError` (or what a resolver module throws) and stays as it was if it is not;
   * throws an Error once the gateway is being closed. The audit says that `by` asked for it; absent: a signal.
   */
  reload(source?: GatewaySource, by?: AuditActor): Promise<void>;
  /** Drains as `server.drain` says, then lets go of everything. */
  close(): Promise<void>;
}

/** Reads, checks and compiles a gateway; it does not listen yet. Throws `ConfigurationError` with every problem. */
export async function createGateway(source: GatewaySource, options: GatewayOptions = {}): Promise<Gateway> {
  const { clock = systemClock, onSetupLink } = options;
  const first = await readBlueprint(source.file, source.env);
  const { server } = first.blueprint.config;
  const resources = await openResources(first.blueprint, {
    clock,
    logger: options.logger,
    place: createHashingPlace(),
  });
  const { logger, auditor, counters, apiKeys, accounts } = resources;
  const attempts = createLoginAttempts(counters, clock);
  let phase: Phase = 'running';

  const endpoints = ({ blueprint, upstreams, renderError, storage, audit }: EndpointParts) => [
    ...createHealth({
      health: blueprint.config.health,
      report: createHealthReport(upstreams, clock, storage),
      phase: () => phase,
      renderError,
    }),
    ...createApiKeyEndpoints({ config: blueprint.config, keys: apiKeys, renderError, audit, clock }),
    ...(accounts
      ? createAccountEndpoints({ accounts, config: blueprint.config, attempts, audit, renderError })
      : []),
  ];

  const compile = ({ blueprint, resolvers, env, warnings }: typeof first, { overrides }: GatewaySource) => {
    warn(warnings, logger);
    const development = overrides?.development ?? env.NODE_ENV !== 'production';
    return compileRuntime(blueprint, {
      ...resources,
      env,
      resolvers,
      development,
      endpoints,
      phase: () => phase,
      clock,
      audit: auditor.record,
    });
  };

  const runtime = await compile(first, source).catch(async (error) => {
    await resources.close();
    throw error;
  });
  const live = createLiveRuntime(runtime, logger);
  const listener = createListener({ server, guard: () => live.current().guard, clock, logger });
  let latest = source;
  let reloaded: Promise<void> = Promise.resolve();
  let closed: Promise<void> | undefined;
  let endSetup = () => {};

  async function start(): Promise<Address> {
    const { host, port } = { ...server, ...source.overrides };
    const address = await listener.listen(host, port);
    const { config } = live.current().blueprint;
    const { enabled, prefix } = config.auth.accounts;
    if (!accounts || !enabled) return address;
    endSetup = offerSetup({
      accounts,
      onToken:
        onSetupLink &&
        ((token) => onSetupLink(`${address.url}${accountPath(prefix, 'setup')}?token=${token}`)),
      audit: config.telemetry.audit ? auditor.record : noAudit,
      clock,
      logger,
    });
    return address;
  }

  async function reload(next: GatewaySource, by: AuditActor): Promise<void> {
    if (closed !== undefined) throw new Error('The gateway is being closed');
    const before = live.current().blueprint.config;
    const runtime = await readBlueprint(next.file, next.env)
      .then((read) => compile(read, next))
      .catch((error) => {
        auditReload(auditor.record, by, before, error);
        throw error;
      });
    live.swap(runtime);
    const after = runtime.blueprint.config;
    auditReload(auditor.record, by, before, after);
    const keys = needsRestart(before, after);
    if (keys.length > 0) logger.warn({ keys }, 'these changes need a restart of the gateway');
    latest = next;
  }

  async function close(): Promise<void> {
    endSetup();
    await drain(listener, live.current().blueprint.config.server.drain, (to) => (phase = to), clock);
    // What a reload under way makes live has to be let go as well.
    await reloaded;
    await live.close();
    await resources.close();
  }

  return {
    start,
    reload(next, by = { via: 'signal' }) {
      // One after the other, so that the last one asked for is the one that stays.
      const turn = reloaded.then(() => reload(next ?? latest, by));
      reloaded = turn.catch(() => {});
      return turn;
    },
    close: () => (closed ??= close()),
  };
}

function warn(warnings: readonly Problem[], logger: Logger): void {
  for (const problem of warnings) logger.warn(formatProblem(problem));
}
