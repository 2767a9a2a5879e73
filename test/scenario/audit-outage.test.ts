import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { type AuditRow, createAuditStore } from '../../src/storage/audit-store.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const missing = !hasPostgres('the audit while PostgreSQL is away');

describe.skipIf(missing)('the audit while PostgreSQL is away', () => {
  let postgres: TestPostgres;
  let gateway: TestGateway;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterEach(() => gateway.close());
  afterAll(() => postgres.close());

  const logger = memoryLogger().logger;

  async function open(): Promise<string> {
    const url = await postgres.createDatabase();
    await migrateDatabase({ url, dataDir: '' }, { clock: systemClock, logger });
    const routes = Array.from({ length: 12 }, (_, i) => `- { path: /r${i}, respond: { status: 200 } }`);
    gateway = await startGateway({
      config: `
storage: { database: "${url}" }
auth: { jwt: [{ secret: a secret for tests and for nothing else }] }
services: {}
routes:
  ${routes.join('\n  ')}`,
    });
    return url;
  }

  const refused = async (route: number) => (await fetch(`${gateway.url}/r${route}`)).status;

  async function onRecord(url: string): Promise<string[]> {
    const database = openPostgres(url, { clock: systemClock, logger });
    await database.settled;
    const rows: AuditRow[] = [];
    for await (const row of createAuditStore(database).read({})) rows.push(row);
    await database.close();
    return rows.map(({ object }) => object ?? '');
  }

  it('waits for it: no request notices, and every row is there afterwards', async () => {
    const url = await open();
    expect(await refused(0)).toBe(401);
    await vi.waitFor(async () => expect(await onRecord(url)).toEqual(['route:/r0']), { timeout: 10_000 });

    await postgres.stop();
    for (let i = 1; i < 11; i += 1) expect(await refused(i)).toBe(401);
    await postgres.start();
    expect(await refused(11)).toBe(401);
    const all = Array.from({ length: 12 }, (_, i) => `route:/r${i}`);
    await vi.waitFor(async () => expect(await onRecord(url)).toEqual(all), { timeout: 20_000 });
    const audited = gateway.log.lines.filter(({ msg }) => msg === 'audit');
    expect(audited).toHaveLength(12);
  });

  it('lets the gateway start and end without it', async () => {
    const url = await open();
    await gateway.close();
    await postgres.stop();
    gateway = await startGateway({
      config: `
storage: { database: "${url}" }
auth: { jwt: [{ secret: a secret for tests and for nothing else }] }
services: {}
routes: [{ path: /r0, respond: { status: 200 } }]`,
    });
    expect(await refused(0)).toBe(401);
    await gateway.gateway.close();
    expect(gateway.log.lines.filter(({ lost }) => lost === 1)).toHaveLength(1);
    await postgres.start();
  });
});
