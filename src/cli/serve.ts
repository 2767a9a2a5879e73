import type { Gateway, GatewayOptions, GatewaySource } from '../gateway.ts';
import type { AuditActor } from '../kernel/audit-event.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { formatProblem } from '../kernel/problem.ts';
import { CommandFailure } from './failure.ts';
import { complain, print } from './report.ts';

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A gateway that listens, until a signal ends it. */
export interface Serving {
  readonly url: string;
  /** Takes the files as they are now; tells of faults, and keeps the old configuration then. */
  reload(by?: AuditActor): Promise<void>;
  /** Resolves once a signal has come and what was in flight has been answered. */
  readonly ended: Promise<void>;
}

/**
 * Starts a gateway and says where it listens. SIGTERM and SIGINT drain it, a second one ends the process at once;
 * SIGHUP reloads. Throws ConfigurationError, or CommandFailure if it cannot listen.
 */
export async function serve(source: GatewaySource, options: GatewayOptions = {}): Promise<Serving> {
  // Loaded here and not above: the other commands have no use for a server, and start without one.
  const { createGateway } = await import('../gateway.ts');
  const gateway = await createGateway(source, { onSetupLink: tellSetupLink, ...options });
  const { url } = await listen(gateway);
  const reload = reloader(gateway, source);
  const ended = closeOnSignal(gateway);
  process.on('SIGHUP', () => void reload({ via: 'signal', id: 'SIGHUP' }));
  print(`portico listening on ${url}`);
  return { url, reload, ended };
}

/** To standard output and nowhere else: whoever opens it within the hour makes an admin. */
function tellSetupLink(url: string): void {
  print(`nobody is admin yet: make the first one within the hour at ${url}`);
}

async function listen(gateway: Gateway): Promise<{ readonly url: string }> {
  try {
    return await gateway.start();
  } catch (error) {
    await gateway.close().catch(() => undefined);
    throw unlistenable(error);
  }
}

function unlistenable(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process has this port already; stop it, or set another server.port',
    EACCES: 'this port needs privileges; set a server.port above 1023',
    EADDRNOTAVAIL: 'this machine does not have this address; set another server.host',
    ENOTFOUND: 'this host is not known; set another server.host',
  };
  const reason = reasons[String(error.code)];
  return reason === undefined ? error : new CommandFailure([`cannot listen (${error.message}): ${reason}`]);
}

/** Reloads one after the other: a save during a reload is taken up after it. */
function reloader(gateway: Gateway, source: GatewaySource): Serving['reload'] {
  let last = Promise.resolve();
  return (by) => {
    last = last.then(() => reloadOnce(gateway, source, by));
    return last;
  };
}

async function reloadOnce(gateway: Gateway, source: GatewaySource, by?: AuditActor): Promise<void> {
  try {
    await gateway.reload(source, by);
    complain('reloaded');
  } catch (error) {
    const lines = error instanceof ConfigurationError ? error.problems.map(formatProblem) : [String(error)];
    for (const line of lines) complain(line);
    complain('not reloaded: the configuration before stays in force');
  }
}

function closeOnSignal(gateway: Gateway): Promise<void> {
  return new Promise((resolve, reject) => {
    let closing = false;
    const onSignal = (signal: keyof typeof SIGNAL_NUMBERS) => {
      if (closing) process.exit(128 + SIGNAL_NUMBERS[signal]);
      closing = true;
      gateway.close().then(resolve, reject).finally(exitSoon);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** What is left open after everything was closed must not keep the process. */
function exitSoon(): void {
  setTimeout(() => process.exit(), 1000).unref();
}
