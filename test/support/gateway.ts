import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGateway, type Gateway, type GatewaySource } from '../../src/gateway.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { type MemoryLog, memoryLogger } from './memory-logger.ts';

export interface TestGatewayOptions {
  /** Text of gateway.yaml. */
  readonly config: string;
  /** Text of the schema, or of several files by path below the configuration's folder. */
  readonly sdl?: string | Readonly<Record<string, string>>;
  /** Other files by path below the configuration's folder. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly development?: boolean;
  readonly clock?: Clock;
  /** Told of the link that makes the first admin. */
  readonly onSetupLink?: (url: string) => void;
}

/** A whole gateway that listens on a port of its own, and the folder that it was made from. */
export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly log: MemoryLog;
  readonly folder: string;
  /** Writes the files given and reloads. Rejects as `Gateway.reload` does. */
  reload(change: Partial<Pick<TestGatewayOptions, 'config' | 'sdl' | 'files' | 'env'>>): Promise<void>;
  /** Drains and removes the folder. */
  close(): Promise<void>;
}

/**
 * Starts a gateway from texts, on 127.0.0.1 and a free port, whatever the configuration says of both. The schema is
 * written as `schema/schema.graphql`, where the configuration's default finds it.
 * Rejects with `ConfigurationError` if they are faulty.
 */
export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-'));
  const log = memoryLogger();
  const source = (env: TestGatewayOptions['env']): GatewaySource => ({
    file: path.join(folder, 'gateway.yaml'),
    env: env ?? {},
    overrides: { host: '127.0.0.1', port: 0, development: options.development ?? false },
  });
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await write(folder, options);
    const gateway = await createGateway(source(options.env), {
      logger: log.logger,
      ...(options.clock ? { clock: options.clock } : {}),
      ...(options.onSetupLink ? { onSetupLink: options.onSetupLink } : {}),
    });
    const { url, port } = await gateway.start();
    return {
      url,
      port,
      gateway,
      log,
      folder,
      async reload(change) {
        await write(folder, change);
        await gateway.reload(source(change.env ?? options.env));
      },
      async close() {
        await gateway.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function write(folder: string, { config, sdl, files }: Partial<TestGatewayOptions>): Promise<void> {
  const all = {
    ...(config === undefined ? {} : { 'gateway.yaml': config }),
    ...(typeof sdl === 'string' ? { 'schema/schema.graphql': sdl } : sdl),
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
