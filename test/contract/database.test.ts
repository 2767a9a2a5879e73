import { type Kysely, sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { GatewayError } from '../../src/kernel/error.ts';
import type { Database } from '../../src/storage/database.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { type Migration, migrations } from '../../src/storage/migrations.ts';
import type { DatabaseSettings } from '../../src/storage/open-storage.ts';
import { StorageUnavailableError } from '../../src/storage/storage-unavailable.ts';
import type { Tables } from '../../src/storage/tables.ts';
import { type DatabaseServer, databaseKinds, openMigrated } from '../support/database-kinds.ts';
import { memoryLogger } from '../support/memory-logger.ts';

/** A table with each kind of column that there is. */
const thing: Migration = {
  name: '0001-thing',
  async up(db) {
    await db.schema
      .createTable('thing')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint')
      .addColumn('count', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('text', 'text')
      .execute();
  },
};

interface ThingTables extends Tables {
  readonly thing: {
    readonly id: string;
    readonly at?: number | null;
    readonly count?: number;
    readonly text?: string | null;
  };
}

const options = { clock: systemClock, logger: memoryLogger().logger };

describe.each(databaseKinds('the database on PostgreSQL'))('a database ($kind)', (kind) => {
  let server: DatabaseServer;
  const opened: Database[] = [];
  beforeAll(async () => {
    if (!kind.missing) server = await kind.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });
  afterAll(() => server?.close());

  async function open(settings: DatabaseSettings, history?: readonly Migration[]): Promise<Database> {
    const database = await openMigrated(settings, history);
    opened.push(database);
    return database;
  }

  describe.skipIf(kind.missing)('with a table', () => {
    let settings: DatabaseSettings;
    let database: Database;
    let db: Kysely<ThingTables>;
    beforeEach(async () => {
      settings = await server.make();
      database = await open(settings, [thing]);
      db = database.db as unknown as Kysely<ThingTables>;
    });

    it('is what it says, and up', async () => {
      expect(database.kind).toBe(kind.kind);
      expect(database.isUp).toBe(true);
      await database.check();
    });

    it.each([
      { at: 1_795_246_601_564, count: 0, text: '' },
      { at: Number.MAX_SAFE_INTEGER, count: 2_147_483_647, text: "Zoë ☃ 👩‍🚀 'quoted' \\ % \n\t" },
      { at: -1, count: -2_147_483_648, text: null },
      { at: null, count: 1, text: '{"a":[1,2]}' },
    ])('gives back what it was given: %j', async (values) => {
      await db
        .insertInto('thing')
        .values({ id: 'a', ...values })
        .execute();
      expect(await db.selectFrom('thing').selectAll().executeTakeFirst()).toEqual({ id: 'a', ...values });
    });

    it('gives counts and sums as numbers', async () => {
      await db
        .insertInto('thing')
        .values([
          { id: 'a', at: 5e12 },
          { id: 'b', at: 6e12 },
        ])
        .execute();
      const row = await db
        .selectFrom('thing')
        .select(({ fn }) => [fn.countAll<number>().as('rows'), fn.max('at').as('newest')])
        .executeTakeFirst();
      expect(row).toEqual({ rows: 2, newest: 6e12 });
    });

    it('orders text by its bytes, whatever the language of the machine', async () => {
      const ids = ['Z', 'a', 'z', 'ä', 'B', '0', '-', '_'];
      await db
        .insertInto('thing')
        .values(ids.map((id) => ({ id })))
        .execute();
      const rows = await db.selectFrom('thing').select('id').orderBy('id').execute();
      expect(rows.map(({ id }) => id)).toEqual(['-', '0', 'B', 'Z', '_', 'a', 'z', 'ä']);
    });

    it('refuses text with a NUL, which one kind would cut there and the other not take', async () => {
      const insert = db.insertInto('thing').values({ id: 'admin\0x' }).execute();
      await expect(insert).rejects.toMatchObject({ code: 'BAD_USER_INPUT', status: 400 });
      expect(await db.selectFrom('thing').selectAll().execute()).toEqual([]);
    });

    it.each([true, 1.5, Number.NaN, new Date(0), ['a'], { a: 1 }, Symbol('a')])(
      'refuses what the other kind does not know: %s',
      async (value) => {
        const insert = sql`insert into thing (id, text) values ('a', ${value})`.execute(db);
        await expect(insert).rejects.toThrow(TypeError);
        await database.check();
      },
    );

    it('tells a faulty query from a database that is out of reach, and works on', async () => {
      await db.insertInto('thing').values({ id: 'a' }).execute();
      for (const query of [
        () => db.insertInto('thing').values({ id: 'a' }).execute(),
        () => sql`select * from nowhere`.execute(db),
        () => sql`this is not SQL`.execute(db),
      ]) {
        await expect(query()).rejects.toSatisfy((error) => !(error instanceof GatewayError));
      }
      expect(database.isUp).toBe(true);
      expect(await db.selectFrom('thing').select('id').execute()).toEqual([{ id: 'a' }]);
    });

    it('undoes the whole of a transaction that fails', async () => {
      const work = db.transaction().execute(async (transaction) => {
        await transaction.insertInto('thing').values({ id: 'a' }).execute();
        throw new Error('changed my mind');
      });
      await expect(work).rejects.toThrow('changed my mind');
      expect(await db.selectFrom('thing').selectAll().execute()).toEqual([]);
    });

    it('adds once where many add the same', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, () =>
          db
            .insertInto('thing')
            .values({ id: 'once' })
            .onConflict((conflict) => conflict.column('id').doNothing())
            .executeTakeFirst(),
        ),
      );
      const added = results.filter(({ numInsertedOrUpdatedRows }) => numInsertedOrUpdatedRows === 1n);
      expect(added).toHaveLength(1);
    });

    it('lets one win where many take the same from two connections', async () => {
      const other = (await open(settings, [thing])).db as unknown as Kysely<ThingTables>;
      await db.insertInto('thing').values({ id: 'token' }).execute();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          (i % 2 === 0 ? db : other)
            .updateTable('thing')
            .set({ at: i })
            .where('id', '=', 'token')
            .where('at', 'is', null)
            .executeTakeFirst(),
        ),
      );
      expect(results.filter(({ numUpdatedRows }) => numUpdatedRows === 1n)).toHaveLength(1);
    });

    it('counts exactly where two connections count side by side', async () => {
      const other = (await open(settings, [thing])).db as unknown as Kysely<ThingTables>;
      await db.insertInto('thing').values({ id: 'counter' }).execute();
      const counts = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          (i % 2 === 0 ? db : other)
            .updateTable('thing')
            .set(({ eb }) => ({ count: eb('count', '+', 1) }))
            .where('id', '=', 'counter')
            .returning('count')
            .executeTakeFirstOrThrow(),
        ),
      );
      const seen = counts.map(({ count }) => count ?? 0).sort((a, b) => a - b);
      expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    });

    it('has committed what it wrote after it had to wait for another writer', async () => {
      const other = (await open(settings, [thing])).db as unknown as Kysely<ThingTables>;
      await db.insertInto('thing').values({ id: 'a' }).execute();
      let waiting: Promise<unknown> | undefined;
      await db.transaction().execute(async (transaction) => {
        await transaction.updateTable('thing').set({ text: 'first' }).where('id', '=', 'a').execute();
        waiting = other.updateTable('thing').set({ text: 'second' }).where('id', '=', 'a').execute();
        await new Promise((resolve) => setTimeout(resolve, 50));
      });
      await waiting;
      await other.insertInto('thing').values({ id: 'b' }).execute();
      await db.insertInto('thing').values({ id: 'c' }).execute();
      const rows = await db.selectFrom('thing').select(['id', 'text']).orderBy('id').execute();
      expect(rows).toEqual([
        { id: 'a', text: 'second' },
        { id: 'b', text: null },
        { id: 'c', text: null },
      ]);
    });

    it('is out of reach once it was closed', async () => {
      await database.close();
      await expect(db.selectFrom('thing').selectAll().execute()).rejects.toThrow();
    });
  });

  describe.skipIf(kind.missing)('and its history', () => {
    it('is brought to the newest schema once, and told so', async () => {
      const settings = await server.make();
      const first = await migrateDatabase(settings, options);
      expect(first.applied).toEqual(migrations.map(({ name }) => name));
      const second = await migrateDatabase(settings, options);
      expect(second.applied).toEqual([]);
    });

    it('goes on from where it was', async () => {
      const settings = await server.make();
      await migrateDatabase(settings, { ...options, migrations: [thing] });
      const next: Migration = {
        name: '0002-colour',
        async up(db) {
          await db.schema.alterTable('thing').addColumn('colour', 'text').execute();
        },
      };
      const { applied } = await migrateDatabase(settings, { ...options, migrations: [thing, next] });
      expect(applied).toEqual(['0002-colour']);
    });

    it('stays as it was if a step of several fails', async () => {
      const settings = await server.make();
      const faulty: Migration = {
        name: '0002-faulty',
        async up(db) {
          await db.schema.createTable('other').addColumn('id', 'text').execute();
          await sql`this is not SQL`.execute(db);
        },
      };
      const attempt = migrateDatabase(settings, { ...options, migrations: [thing, faulty] });
      await expect(attempt).rejects.toThrow(/syntax/);
      const { applied } = await migrateDatabase(settings, { ...options, migrations: [thing] });
      expect(applied).toEqual(['0001-thing']);
    });

    it('is made once where many begin at the same time', async () => {
      const settings = await server.make();
      const all = await Promise.all(Array.from({ length: 6 }, () => migrateDatabase(settings, options)));
      const working = all.filter(({ applied }) => applied.length > 0);
      expect(working).toHaveLength(1);
      expect(working[0]?.applied).toHaveLength(migrations.length);
    });

    it('is refused if it is of a newer version', async () => {
      const settings = await server.make();
      const future: Migration = { name: '9999-future', up: async () => {} };
      await migrateDatabase(settings, { ...options, migrations: [...migrations, future] });
      const attempt = migrateDatabase(settings, options);
      await expect(attempt).rejects.toThrow(
        'the database was made by a newer version of Portico (it has 9999-future); run that version, or another database',
      );
    });
  });

  it.skipIf(kind.missing)('has names that sort as they are applied', () => {
    const names = migrations.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^\d{4}-[a-z-]+$/);
  });
});

it('answers 503 with a time to wait where nobody catches it', () => {
  const error = new StorageUnavailableError('The database is not available');
  expect(error).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE', retryAfter: 2 });
});
