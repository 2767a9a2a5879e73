import { readFileSync } from 'node:fs';
import { buildConnector } from 'undici';
import type { ServiceConfig } from '../config/schema/service.ts';
import type { Clock } from '../kernel/clock.ts';

export interface ConnectorOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly config: Pick<ServiceConfig, 'connectTimeout' | 'tls' | 'http2'>;
}

/**
 * Opens connections to a target, TLS included, and gives up after `connectTimeout` (0: never). The library's own
 * timer ticks by the half second and may be late by a whole one, so that it is only used to clean up.
 * Throws if the TLS files can't be read.
 */
export function createConnector({ service, clock, config }: ConnectorOptions): buildConnector.connector {
  const { connectTimeout } = config;
  const connect = buildConnector({
    timeout: connectTimeout,
    allowH2: config.http2,
    ...tlsOptions(config.tls, service),
  });
  if (connectTimeout === 0) return connect;
  return (target, callback) => {
    let late = false;
    const timer = clock.after(connectTimeout, () => {
      late = true;
      callback(new Error(`no connection within ${connectTimeout} ms`), null);
    });
    connect(target, (...result) => {
      if (late) return void result[1]?.destroy();
      timer.cancel();
      callback(...result);
    });
  };
}

interface TlsOptions {
  rejectUnauthorized?: boolean;
  ca?: string;
  cert?: string;
  key?: string;
}

/** PEM text is taken as it is, anything else is the path of a file. */
function tlsOptions(tls: ServiceConfig['tls'], service: string): TlsOptions {
  const options: TlsOptions = { rejectUnauthorized: tls.verify };
  for (const part of ['ca', 'cert', 'key'] as const) {
    if (tls[part] !== '') options[part] = readPem(tls[part], `services.${service}.tls.${part}`);
  }
  return options;
}

function readPem(value: string, where: string): string {
  if (value.startsWith('-----BEGIN')) return value;
  try {
    return readFileSync(value, 'utf8');
  } catch (cause) {
    throw new Error(`${where}: can't read ${value}`, { cause });
  }
}
