import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/storage/database.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { migrations } from '../../src/storage/migrations.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { StorageUnavailableError } from '../../src/storage/storage-unavailable.ts';
import { type MemoryLog, memoryLogger } from '../support/memory-logger.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const GONE = 'warn: the database is out of reach';
const BACK = 'info: the database is back';
const LEVELS: Readonly<Record<number, string>> = { 30: 'info', 40: 'warn', 50: 'error' };

const there = hasPostgres('PostgreSQL that comes and goes');

describe.skipIf(!there)('PostgreSQL', () => {
  let server: TestPostgres;
  let url: string;
  let log: MemoryLog;
  let cleanups: (() => Promise<unknown>)[];
  beforeAll(async () => {
    if (there) server = await startPostgres();
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    log = memoryLogger();
    cleanups = [];
    url = await server.createDatabase();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  const options = () => ({ clock: systemClock, logger: log.logger });
  const migrate = () => migrateDatabase({ url, dataDir: '' }, options());
  const told = () => log.lines.map(({ level, msg }) => `${LEVELS[Number(level)]}: ${msg}`);

  async function open(address = url): Promise<Database> {
    const database = openPostgres(address, options());
    cleanups.push(() => database.close());
    await database.settled;
    return database;
  }

  const ask = ({ db }: Database) => sql<{ one: number }>`select 1 as one`.execute(db);

  /** Rejects unless the database is so within some seconds. */
  const until = (database: Database, isUp: boolean) =>
    vi.waitFor(() => expect(database.isUp).toBe(isUp), { timeout: 10_000, interval: 5 });

  it('is refused to all until somebody has migrated it, and is taken up then', async () => {
    const database = await open();
    expect(database.isUp).toBe(false);
    await expect(ask(database)).rejects.toThrow(StorageUnavailableError);
    await expect(database.check()).rejects.toThrow(StorageUnavailableError);
    const names = migrations.map(({ name }) => name).join(', ');
    expect(told()).toEqual([`error: the database lacks ${names}: run \`portico migrate\``]);

    await migrate();
    await until(database, true);
    expect((await ask(database)).rows).toEqual([{ one: 1 }]);
    expect(told().at(-1)).toBe('info: the database can be used now');
  });

  it('is refused to all if it is of a newer version', async () => {
    const future = { name: '9999-future', up: async () => {} };
    await migrateDatabase({ url, dataDir: '' }, { ...options(), migrations: [...migrations, future] });
    const database = await open();
    await expect(ask(database)).rejects.toThrow(StorageUnavailableError);
    expect(told()).toEqual([
      expect.stringMatching(/^error: the database was made by a newer version .*9999-future/),
    ]);
  });

  it('is gone at once when it is stopped, also if nobody asks, and back by itself', async () => {
    await migrate();
    const database = await open();
    for (let round = 1; round <= 2; round++) {
      await ask(database);
      await server.stop();
      await until(database, false);
      const attempts = await Promise.allSettled(Array.from({ length: 100 }, () => ask(database)));
      expect(attempts.every((one) => 'reason' in one && one.reason instanceof StorageUnavailableError)).toBe(
        true,
      );
      await server.start();
      await until(database, true);
      await ask(database);
      expect(told()).toEqual(Array.from({ length: round }, () => [GONE, BACK]).flat());
    }
  });

  it('ends queries and transactions that were under way when it is stopped', async () => {
    await migrate();
    const database = await open();
    const sleep = (db: Kysely<never>) => sql`select pg_sleep(2)`.execute(db);
    const under = [
      sleep(database.db as unknown as Kysely<never>),
      database.db.transaction().execute((transaction) => sleep(transaction as unknown as Kysely<never>)),
    ];
    const settled = Promise.allSettled(under);
    await vi.waitFor(async () => {
      const running = await sql<{
        n: number;
      }>`select count(*) as n from pg_stat_activity where query like '%pg_sleep(2)'`.execute(database.db);
      expect(running.rows[0]?.n).toBe(2);
    });
    await server.stop();
    for (const one of await settled) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_UNAVAILABLE', status: 503 } });
    }
    await server.start();
    await until(database, true);
    await ask(database);
  });

  it('ends a transaction that was between two queries when it is stopped', async () => {
    await migrate();
    const database = await open();
    let goOn: (() => void) | undefined;
    const between = database.db.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await sql`select 1`.execute(transaction);
    });
    const ended = expect(between).rejects.toThrow(StorageUnavailableError);
    await vi.waitFor(() => expect(goOn).toBeDefined());
    await server.stop();
    await until(database, false);
    goOn?.();
    await ended;
    await server.start();
    await until(database, true);
    await ask(database);
  });

  it('does not wait long for one that is silent, and is back where it goes on', {
    timeout: 40_000,
  }, async () => {
    await migrate();
    const database = await open();
    await ask(database);
    server.pause();
    await expect(ask(database)).rejects.toThrow(StorageUnavailableError);
    expect(database.isUp).toBe(false);
    await Promise.allSettled(Array.from({ length: 100 }, () => ask(database)));
    server.resume();
    await until(database, true);
    await ask(database);
    expect(told()).toEqual([GONE, BACK]);
  });

  it('leaves a connection that gives no answer for a new one', { timeout: 30_000 }, async () => {
    await migrate();
    const database = await open();
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.db);
    const pid = rows[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(ask(database)).rejects.toThrow(StorageUnavailableError);
      await until(database, true);
      await ask(database);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('is waited for if it is not there yet', async () => {
    await migrate();
    await server.stop();
    const database = await open();
    expect(database.isUp).toBe(false);
    await server.start();
    await until(database, true);
    expect(told()).toEqual([GONE, BACK]);
  });

  it('ends a query that takes too long, and goes on', { timeout: 20_000 }, async () => {
    await migrate();
    const database = await open();
    const slow = sql`select pg_sleep(60)`.execute(database.db);
    await expect(slow).rejects.toThrow(StorageUnavailableError);
    await until(database, true);
    await ask(database);
  });

  it('works on after all its connections were in use for too long', { timeout: 20_000 }, async () => {
    await migrate();
    const database = await open();
    const long = Array.from({ length: 10 }, () => sql`select pg_sleep(2.5)`.execute(database.db));
    let asked = 0;
    const busy = setInterval(
      () =>
        void ask(database).then(
          () => asked++,
          () => {},
        ),
      100,
    );
    await Promise.all(long);
    clearInterval(busy);
    await until(database, true);
    await ask(database);
    expect(asked).toBeGreaterThan(0);
  });

  it('gives no connection to others that is still within a transaction', async () => {
    await migrate();
    const database = await open();
    const inside = database.db.transaction().execute(async (transaction) => {
      await sql`create table kept (id text)`.execute(transaction);
      // To all others the database seems gone from here on.
      const dying = sql`select pg_terminate_backend(pg_backend_pid())`.execute(database.db);
      await expect(dying).rejects.toThrow(StorageUnavailableError);
      expect(database.isUp).toBe(false);
      throw new Error('changed my mind');
    });
    await expect(inside).rejects.toThrow('changed my mind');
    await until(database, true);
    const begun = sql`select count(*) as n from pg_stat_activity where state like 'idle in transaction%'`;
    expect((await begun.execute(database.db)).rows).toEqual([{ n: 0 }]);
    await expect(sql`select * from kept`.execute(database.db)).rejects.toThrow(/does not exist/);
  });

  it.each([
    [
      'a wrong password',
      (good: string) => good.replace(/:[^:@/]+@/, ':s3cret-guess@'),
      /password authentication failed/,
    ],
    [
      'no such database',
      (good: string) => good.replace(/\/\w+$/, '/nowhere'),
      /database "nowhere" does not exist/,
    ],
    [
      'no such certificate',
      (good: string) => `${good}?sslrootcert=/nowhere/ca.pem`,
      /ENOENT.*\/nowhere\/ca\.pem/,
    ],
  ])('says what is wrong, but no password: %s', async (_name, spoil, reason) => {
    const database = await open(spoil(url));
    const error = await ask(database).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StorageUnavailableError);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]?.reason).toMatch(reason);
    expect(JSON.stringify([log.lines, error])).not.toMatch(/s3cret|kept-out-of-logs/);
  });

  it('is not asked any more once it was closed', async () => {
    await migrate();
    const database = await open();
    await database.close();
    await expect(ask(database)).rejects.toThrow();
    await database.close();
  });
});
