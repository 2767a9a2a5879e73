// Runs one service: `npx tsx examples/marketplace/services/start.ts user-service --port 8000`.
// Without --port it takes a free one. A parent process that forked it is told the URL, and outlives it never.
import { parseArgs } from 'node:util';
import { createContentService } from './content-service.ts';
import { createFreelanceService } from './freelance-service.ts';
import { createMarketplaceService } from './marketplace-service.ts';
import { createNotificationService } from './notification-service.ts';
import type { Service } from './service.ts';
import { createUserService } from './user-service.ts';

const SERVICES: ReadonlyMap<string, () => Service> = new Map([
  ['user-service', createUserService],
  ['notification-service', createNotificationService],
  ['freelance-service', createFreelanceService],
  ['content-service', createContentService],
  ['marketplace-service', createMarketplaceService],
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});
const create = SERVICES.get(positionals[0] ?? '');
const port = Number(values.port);

if (create === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`usage: start.ts <${[...SERVICES.keys()].join('|')}> [--port N] [--host ADDRESS]`);
  process.exitCode = 2;
} else {
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
