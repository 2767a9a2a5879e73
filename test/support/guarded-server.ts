import { type Config, configSchema } from '../../src/config/schema/config.ts';
import { createGuard, type GuardOptions, type Phase } from '../../src/guard/create-guard.ts';
import type { Entry, Inbound } from '../../src/guard/inbound.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { asGatewayError } from '../../src/kernel/error.ts';
import type { Scope } from '../../src/kernel/scope.ts';
import { createRenderError } from '../../src/rest/render-error.ts';
import { createListener } from '../../src/runtime/listener.ts';
import { type MemoryLog, memoryLogger } from './memory-logger.ts';

/** A guard on a port of its own before one door that tells what it was given. */
export interface GuardedServer {
  readonly port: number;
  readonly url: string;
  readonly log: MemoryLog;
  /** What reached the door. */
  readonly seen: { readonly inbound: Inbound; readonly scope: Scope }[];
  /** Resolves when `count` requests have reached the door. */
  reached(count: number): Promise<void>;
  /** Reasons with which requests' signals have been aborted. */
  readonly aborted: string[];
  phase: Phase;
  /** Resolves when no exchange is open. */
  idle(): Promise<void>;
  /** Takes nothing new, and resolves when no connection is left. */
  stop(): Promise<void>;
  closeIdle(): void;
  close(): Promise<void>;
}

export interface GuardedServerOptions {
  readonly server?: object;
  readonly entry?: Partial<Entry>;
  readonly verify?: GuardOptions['verify'];
  readonly apiKey?: GuardOptions['apiKey'];
  readonly serviceKey?: GuardOptions['serviceKey'];
  readonly counters?: GuardOptions['counters'];
  readonly clock?: Clock;
  /** Milliseconds that an unused connection is kept. */
  readonly keepAlive?: number;
}

/** Starts it; `server` is that section of the configuration. The door answers 200 with the path that it was given. */
export async function startGuardedServer(options: GuardedServerOptions = {}): Promise<GuardedServer> {
  const { server }: Config = configSchema.parse({ services: {}, server: options.server ?? {} });
  const clock = options.clock ?? systemClock;
  const log = memoryLogger();
  const { logger } = log;
  const { format, unreachable } = server.errors;
  const renderError = createRenderError({ format, unreachable });
  const entry: Entry = {
    label: 'the only one',
    auth: 'none',
    roles: [],
    scopes: [],
    door: async ({ path, query, response }) => void response.end(path + query),
    renderError,
    ...options.entry,
  };
  const waiters: (() => void)[] = [];
  const recording: Entry = {
    ...entry,
    door: (inbound, scope, exchange) => {
      self.seen.push({ inbound, scope });
      for (const wake of waiters.splice(0)) wake();
      scope.signal.addEventListener('abort', () =>
        self.aborted.push(asGatewayError(scope.signal.reason).code),
      );
      return entry.door(inbound, scope, exchange);
    },
  };
  const guard = createGuard({
    server,
    findEntry: () => recording,
    verify: options.verify,
    apiKey: options.apiKey,
    serviceKey: options.serviceKey,
    counters: options.counters,
    renderError,
    phase: () => self.phase,
    clock,
    logger,
  });
  const listener = createListener({
    server,
    guard: () => guard,
    keepAlive: options.keepAlive ?? 65_000,
    clock,
    logger,
  });
  const { port, url } = await listener.listen('127.0.0.1', 0);
  const self: GuardedServer = {
    port,
    url,
    log,
    seen: [],
    aborted: [],
    async reached(count) {
      while (self.seen.length < count) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    phase: 'running',
    idle: () => guard.idle(),
    stop: () => listener.stop(),
    closeIdle: () => listener.closeIdle(),
    async close() {
      listener.cut();
      await listener.stop();
    },
  };
  return self;
}
