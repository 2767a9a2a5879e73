import { parseArgs } from 'node:util';
import type { Service } from './service.ts';

/**
 * The program of an example: runs the service that its first argument names, `start.ts user-service --port 8000`.
 * Without `--port` it takes a free one. A parent process that forked it is told the URL, and outlives it never.
 */
export async function runService(services: ReadonlyMap<string, () => Service>): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  const create = services.get(positionals[0] ?? '');
  const port = Number(values.port);
  if (create === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`usage: start.ts <${[...services.keys()].join('|')}> [--port N] [--host ADDRESS]`);
    process.exitCode = 2;
    return;
  }
  const service = create();
  const stop = () => {
    void service.close().then(() => process.exit());
  };
  // Ctrl-C reaches a whole group of processes; a parent that forked this one decides itself when it goes.
  process.on('SIGINT', process.send ? () => {} : stop);
  process.once('SIGTERM', stop).once('disconnect', stop);
  try {
    const url = await service.listen(port, values.host);
    if (process.send && !process.connected) stop();
    else if (process.send) process.send({ name: service.name, url });
    else console.log(`${service.name} listening on ${url}`);
  } catch (error) {
    console.error(`${service.name}: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}
