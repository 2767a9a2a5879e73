import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import {
  type AuditFilter,
  type AuditRow,
  type AuditStore,
  createAuditStore,
} from '../../src/storage/audit-store.ts';
import type { Database } from '../../src/storage/database.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { type DatabaseServer, databaseKinds, newStorage } from '../support/database-kinds.ts';
import { memoryLogger } from '../support/memory-logger.ts';

const FUTURE = Date.now() + 86_400_000;

function row(id: string, change: Partial<AuditRow> = {}): AuditRow {
  return {
    id,
    time: 1_767_225_600_000,
    until: 1_767_225_600_000,
    expires: FUTURE,
    count: 1,
    action: 'account.login',
    outcome: 'success',
    actor: '42',
    via: 'account',
    ip: '192.0.2.1',
    request: 'r-1',
    object: 'account:42',
    reason: null,
    before: null,
    after: '{"roles":["admin"]}',
    ...change,
  };
}

describe.each(databaseKinds('the audit in the database'))('the audit in the $kind database', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => {
    if (!kind.missing) server = await kind.start();
  });
  afterAll(() => server?.close());

  describe.skipIf(kind.missing)('as it is kept', () => {
    let database: Database;
    let store: AuditStore;
    let close: () => Promise<void>;
    beforeEach(async () => {
      const { database: url, dataDir } = await newStorage(server);
      const storage = await openStorage(
        { redis: '', database: { url, dataDir } },
        { clock: systemClock, logger: memoryLogger().logger },
      );
      close = () => storage.close();
      database = storage.database as Database;
      store = createAuditStore(database);
    });
    afterEach(() => close());

    async function read(filter: AuditFilter = {}): Promise<AuditRow[]> {
      const rows: AuditRow[] = [];
      for await (const one of store.read(filter)) rows.push(one);
      return rows;
    }

    it('gives back what was added, to the letter', async () => {
      const all = [row('1'), row('2', { actor: null, ip: null, reason: '☂ "\\', count: 2, until: FUTURE })];
      await store.add(all);
      expect(await read()).toEqual(all);
    });

    it('reads thousands of rows in their order, page by page', async () => {
      const ids = Array.from({ length: 2345 }, (_, i) => String(i).padStart(6, '0'));
      for (let i = 0; i < ids.length; i += 100) await store.add(ids.slice(i, i + 100).map((id) => row(id)));
      expect((await read()).map(({ id }) => id)).toEqual(ids);
    });

    it('is read by time, action and caller', async () => {
      const day = (n: number) => Date.UTC(2026, 0, n);
      await store.add([
        row('1', { time: day(1), action: 'account.login' }),
        row('2', { time: day(2), action: 'account.logout', actor: '7' }),
        row('3', { time: day(3), action: 'accountant.hire' }),
        row('4', { time: day(4), action: 'api-key.create', object: 'account:7' }),
      ]);
      const ids = async (filter: AuditFilter) => (await read(filter)).map(({ id }) => id);
      expect(await ids({ since: day(2) })).toEqual(['2', '3', '4']);
      expect(await ids({ until: day(2) })).toEqual(['1']);
      expect(await ids({ since: day(2), until: day(4) })).toEqual(['2', '3']);
      expect(await ids({ action: 'account.login' })).toEqual(['1']);
      expect(await ids({ action: 'account.*' })).toEqual(['1', '2']);
      expect(await ids({ action: '%.*' })).toEqual([]);
      expect(await ids({ user: '7' })).toEqual(['2', '4']);
      expect(await ids({ user: '7', action: 'account.*' })).toEqual(['2']);
      expect(await ids({ user: "7' or 1=1 --" })).toEqual([]);
    });

    it('takes the same rows twice without a fault, and keeps the first', async () => {
      await store.add([row('1')]);
      await store.add([row('1', { outcome: 'denied' }), row('2')]);
      expect((await read()).map(({ id, outcome }) => [id, outcome])).toEqual([
        ['1', 'success'],
        ['2', 'success'],
      ]);
    });

    it('refuses to be changed by anybody who has the database open', async () => {
      await store.add([row('1'), row('2')]);
      const attempts = [
        sql`update portico_audit set outcome = 'denied' where id = '1'`,
        sql`update portico_audit set expires = 0`,
        sql`delete from portico_audit where id = '1'`,
        sql`delete from portico_audit`,
        ...(database.kind === 'postgres' ? [sql`truncate portico_audit`] : []),
      ];
      for (const attempt of attempts)
        await expect(attempt.execute(database.db)).rejects.toThrow('the audit is append-only');
      if (database.kind === 'sqlite') {
        await sql`insert or replace into portico_audit select id, time, until, expires, times, action, 'denied',
          actor, via, ip, request, object, reason, before_state, after_state from portico_audit`.execute(
          database.db,
        );
      }
      expect(await read()).toEqual([row('1'), row('2')]);
    });

    it('lets rows go whose time is over, as many as are asked for, the oldest first', async () => {
      await store.add([
        row('1', { expires: 3 }),
        row('2', { expires: 1 }),
        row('3', { expires: 2 }),
        row('4'),
      ]);
      expect(await store.removeExpired(Date.now(), 2)).toBe(2);
      expect((await read()).map(({ id }) => id)).toEqual(['1', '4']);
      expect(await store.removeExpired(Date.now(), 2)).toBe(1);
      expect(await store.removeExpired(Date.now(), 2)).toBe(0);
      // A wall clock that is far ahead of the database's removes nothing.
      await expect(store.removeExpired(FUTURE + 1, 2)).rejects.toThrow('the audit is append-only');
      expect((await read()).map(({ id }) => id)).toEqual(['4']);
    });
  });
});
