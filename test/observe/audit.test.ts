import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../src/kernel/audit-event.ts';
import type { Principal } from '../../src/kernel/principal.ts';
import { createAuditor } from '../../src/observe/audit.ts';
import { type AuditRow, type AuditStore, createAuditStore } from '../../src/storage/audit-store.ts';
import type { Database } from '../../src/storage/database.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { StorageUnavailableError } from '../../src/storage/storage-unavailable.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type MemoryLog, memoryLogger } from '../support/memory-logger.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const YEAR = 365 * 86_400_000;
const START = '2026-01-01T00:00:00.000Z';

const reader: Principal = { via: 'jwt', id: '42', name: 'reader', roles: [], scopes: [], claims: {} };

function scope(ip = '192.0.2.1', requestId = 'r-1', principal: Principal | undefined = undefined) {
  const client = { ip, protocol: 'http', host: 'api.example', forwardedFor: ip } as const;
  return { requestId, client, ...(principal && { principal }) };
}

const denial = (from = scope(), object = 'route:/admin'): AuditEvent => ({
  action: 'access.deny',
  outcome: 'denied',
  scope: from,
  object,
  reason: 'Authentication required',
});

/** A database that can be away, or refuse certain rows. */
class Outage implements AuditStore {
  readonly #inner: AuditStore;
  isDown = false;
  refuses = (_row: AuditRow): boolean => false;
  tries = 0;

  constructor(inner: AuditStore) {
    this.#inner = inner;
  }

  async add(rows: readonly AuditRow[]): Promise<void> {
    this.tries += 1;
    if (this.isDown) throw new StorageUnavailableError('The database is not available');
    if (rows.some(this.refuses)) throw new Error('this row is no good');
    await this.#inner.add(rows);
  }

  read = (filter: Parameters<AuditStore['read']>[0]) => this.#inner.read(filter);
  removeExpired = (now: number, limit: number) => this.#inner.removeExpired(now, limit);
}

let folder: TemporaryFolder;
let database: Database;
let store: Outage;
let clock: FakeClock;
let log: MemoryLog;

beforeEach(async () => {
  folder = await temporaryFolder();
  clock = new FakeClock();
  log = memoryLogger();
  database = await openSqlite(folder.path, { clock, logger: log.logger });
  store = new Outage(createAuditStore(database));
});
afterEach(async () => {
  await database.close();
  await folder.remove();
});

const start = () => createAuditor({ store, retention: YEAR, clock, logger: log.logger });
const audited = () => log.lines.filter(({ msg }) => msg === 'audit').map(({ audit }) => audit);
async function kept(): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for await (const row of store.read({})) rows.push(row);
  return rows;
}

describe('an event', () => {
  it('is a line of the log at once and a row soon after, and both say the same', async () => {
    const auditor = start();
    auditor.record({
      action: 'api-key.create',
      outcome: 'success',
      scope: scope('192.0.2.1', 'r-1', reader),
      object: 'api-key:k1',
      after: { roles: ['admin'] },
    });
    const shown = {
      id: expect.any(String),
      time: START,
      action: 'api-key.create',
      outcome: 'success',
      who: { id: '42', via: 'jwt' },
      from: { ip: '192.0.2.1', request: 'r-1' },
      object: 'api-key:k1',
      after: { roles: ['admin'] },
    };
    expect(audited()).toEqual([shown]);
    expect(await kept()).toEqual([]);
    await clock.pass(200);
    const [row, ...more] = await kept();
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      time: Date.parse(START),
      expires: Date.parse(START) + YEAR,
      count: 1,
      actor: '42',
      via: 'jwt',
      ip: '192.0.2.1',
      request: 'r-1',
      object: 'api-key:k1',
      reason: null,
      before: null,
      after: '{"roles":["admin"]}',
    });
    await auditor.close();
  });

  it('is named by its actor before the caller, and goes by the log alone without a database', async () => {
    const auditor = createAuditor({ store: undefined, retention: YEAR, clock, logger: log.logger });
    auditor.record({
      action: 'account.login',
      outcome: 'success',
      actor: { via: 'account', id: '7' },
      scope: scope(),
    });
    await auditor.close();
    expect(audited()).toEqual([expect.objectContaining({ who: { via: 'account', id: '7' } })]);
    expect(clock.pending).toBe(0);
  });

  it('holds no secret, nothing without end and no character that a database refuses', async () => {
    const auditor = start();
    auditor.record({
      action: 'account.update',
      outcome: 'success',
      actor: { via: 'jwt', id: `a\0${'b'.repeat(1000)}` },
      object: 'account:7',
      before: { password: 'one', nested: [{ apiKey: 'pk_1', refresh_token: 'two', token_type: 'Bearer' }] },
      after: { note: 'x'.repeat(10_000) },
    });
    await clock.pass(200);
    const [row] = await kept();
    expect(row?.before).toBe(
      '{"password":"[redacted]","nested":[{"apiKey":"[redacted]","refresh_token":"[redacted]","token_type":"[redacted]"}]}',
    );
    expect(row?.after).toBe('{"omitted":"10011 characters"}');
    expect(row?.actor).toBe(`a\u{fffd}${'b'.repeat(254)}…`);
    expect(JSON.stringify(log.lines)).not.toMatch(/"one"|pk_1|"two"/);
    await auditor.close();
  });

  it('keeps its place among others of the same millisecond, thousands of them', async () => {
    const auditor = start();
    for (let i = 0; i < 4200; i += 1) {
      auditor.record({ action: 'account.login', outcome: 'success', object: `account:${i}` });
    }
    await auditor.close();
    expect((await kept()).map(({ object }) => object)).toEqual(
      Array.from({ length: 4200 }, (_, i) => `account:${i}`),
    );
  });
});

describe('what repeats itself', () => {
  it('is one row at once and one at the end of the minute, which together tell how often it was', async () => {
    const auditor = start();
    for (let i = 0; i < 1000; i += 1) {
      auditor.record(denial(scope('192.0.2.1', `r-${i}`)));
      clock.advance(10);
    }
    auditor.record(denial(scope('192.0.2.1', 'r'), 'route:/other'));
    auditor.record(denial(scope('192.0.2.2', 'r')));
    auditor.record(denial(scope('192.0.2.1', 'r', reader)));
    await clock.pass(60_000);
    await clock.pass(200);
    const rows = await kept();
    expect(rows.map(({ count, ip, actor, object, request }) => [count, ip, actor, object, request])).toEqual([
      [1, '192.0.2.1', null, 'route:/admin', 'r-0'],
      [1, '192.0.2.1', null, 'route:/other', 'r'],
      [1, '192.0.2.2', null, 'route:/admin', 'r'],
      [1, '192.0.2.1', '42', 'route:/admin', 'r'],
      [999, '192.0.2.1', null, 'route:/admin', null],
    ]);
    expect(rows.at(-1)).toMatchObject({
      time: Date.parse(START) + 10,
      until: Date.parse(START) + 9990,
    });
    expect(audited()).toHaveLength(5);

    auditor.record(denial());
    await auditor.close();
    expect((await kept()).at(-1)).toMatchObject({ count: 1, request: 'r-1' });
  });

  it('is on record by the end of the gateway', async () => {
    const auditor = start();
    for (let i = 0; i < 3; i += 1) auditor.record(denial());
    await auditor.close();
    expect((await kept()).map(({ count }) => count)).toEqual([1, 2]);
  });

  it('makes no more than a bounded number of rows, however many come from however many places', async () => {
    const auditor = start();
    for (let i = 0; i < 50_000; i += 1) auditor.record(denial(scope(`2001:db8::${i.toString(16)}`)));
    await auditor.close();
    const rows = await kept();
    expect(rows).toHaveLength(1001);
    expect(rows.at(-1)).toMatchObject({ count: 49_000, ip: null, reason: 'too many to tell apart' });
    expect(audited()).toHaveLength(1001);
  });

  it('is told apart if it succeeded: what changed is never summed up', async () => {
    const auditor = start();
    for (let i = 0; i < 3; i += 1)
      auditor.record({ action: 'account.login', outcome: 'success', scope: scope() });
    await auditor.close();
    expect(await kept()).toHaveLength(3);
  });
});

describe('while the database is away', () => {
  const login = (i: number): AuditEvent => ({
    action: 'account.login',
    outcome: 'success',
    object: `account:${i}`,
  });

  it('keeps rows, tries ever more rarely, and writes all of them once it is back', async () => {
    const auditor = start();
    store.isDown = true;
    auditor.record(login(1));
    await clock.pass(200);
    auditor.record(login(2));
    await clock.pass(600_000);
    expect(store.tries).toBeLessThan(40);
    expect(log.lines.filter(({ level }) => level === 40)).toHaveLength(1);
    store.isDown = false;
    auditor.record(login(3));
    await clock.pass(30_000);
    expect((await kept()).map(({ object }) => object)).toEqual(['account:1', 'account:2', 'account:3']);
    await auditor.close();
  });

  it('counts what it has no room for, and says so in the log and on record', async () => {
    const auditor = start();
    store.isDown = true;
    for (let i = 0; i < 10_250; i += 1) auditor.record(login(i));
    await clock.pass(1000);
    store.isDown = false;
    // Between any two statements everybody else has a turn.
    for (let i = 0; i < 300; i += 1) await clock.pass(200);
    const rows = await kept();
    expect(rows).toHaveLength(10_001);
    expect(rows.at(-1)).toMatchObject({
      action: 'audit.lose',
      outcome: 'failure',
      count: 250,
      via: 'gateway',
    });
    expect(log.lines.filter(({ lost }) => lost === 250)).toHaveLength(1);
    expect(audited()).toHaveLength(10_251);
    await auditor.close();
  });

  it('does not hold up the end of the gateway, and says what is lost with it', async () => {
    const auditor = start();
    store.isDown = true;
    auditor.record(login(1));
    await auditor.close();
    expect(log.lines.at(-1)).toMatchObject({ lost: 1 });
    auditor.record(login(2));
    expect(clock.pending).toBe(0);
  });

  it('lets no row that the database refuses keep the others waiting', async () => {
    const auditor = start();
    store.refuses = ({ object }) => object === 'account:1';
    for (let i = 0; i < 3; i += 1) auditor.record(login(i));
    await clock.pass(1000);
    expect((await kept()).map(({ action, object }) => object ?? action)).toEqual([
      'account:0',
      'account:2',
      'audit.lose',
    ]);
    await auditor.close();
  });
});

describe('rows whose time is over', () => {
  it('are removed, some at a time, and no others', async () => {
    const old = Array.from({ length: 1200 }, (_, i) => row(`0-${i}`, { expires: clock.wall() - 1 }));
    for (let i = 0; i < old.length; i += 100) await store.add(old.slice(i, i + 100));
    await store.add([row('1-kept', { expires: Date.now() + YEAR })]);
    const auditor = start();
    await clock.pass(3_600_000);
    expect((await kept()).map(({ id }) => id)).toEqual(['1-kept']);
    await auditor.close();
    expect(clock.pending).toBe(0);
  });
});

function row(id: string, change: Partial<AuditRow> = {}): AuditRow {
  return {
    id,
    time: 0,
    until: 0,
    expires: 0,
    count: 1,
    action: 'account.login',
    outcome: 'success',
    actor: null,
    via: null,
    ip: null,
    request: null,
    object: null,
    reason: null,
    before: null,
    after: null,
    ...change,
  };
}
