import type { Database } from './database.ts';
import type { AuditTable } from './tables.ts';

/** One row of the audit, as it was written and as it is read. */
export interface AuditRow {
  /** Sorts by time, and within a process by order. */
  readonly id: string;
  /** When it was, the first time and the last, in milliseconds since 1970. */
  readonly time: number;
  readonly until: number;
  /** From when on it may be removed. */
  readonly expires: number;
  /** How many times. */
  readonly count: number;
  readonly action: string;
  readonly outcome: string;
  readonly actor: string | null;
  readonly via: string | null;
  readonly ip: string | null;
  readonly request: string | null;
  readonly object: string | null;
  readonly reason: string | null;
  /** JSON texts. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Which rows to read; what is not named is not asked for. */
export interface AuditFilter {
  /** Milliseconds since 1970: rows whose time is not before … */
  readonly since?: number;
  /** … and is before. */
  readonly until?: number;
  /** An action, or with `.*` at its end all of a subject. */
  readonly action?: string;
  /** Id of a caller: what it did, and what was done to its account. */
  readonly user?: string;
}

/** The audit in the database: rows are added and read, and removed when their time is over. Nothing changes one. */
export interface AuditStore {
  /** Adds the rows, all or none. Rows that are there already stay as they are: it may be tried again. */
  add(rows: readonly AuditRow[]): Promise<void>;
  /** Rows in the order in which they were made, a page at a time: memory does not grow with their number. */
  read(filter: AuditFilter): AsyncIterable<AuditRow>;
  /** Removes rows that expired before `now` (milliseconds since 1970), `limit` at the most; gives how many. */
  removeExpired(now: number, limit: number): Promise<number>;
}

/** Rows that are read at once. */
const PAGE = 500;

/** Its methods reject with `StorageUnavailableError` while the database is out of reach. */
export function createAuditStore({ db }: Database): AuditStore {
  async function readPage(filter: AuditFilter, after: string): Promise<AuditRow[]> {
    let query = db.selectFrom('portico_audit').selectAll().where('id', '>', after);
    if (filter.since !== undefined) query = query.where('time', '>=', filter.since);
    if (filter.until !== undefined) query = query.where('time', '<', filter.until);
    const { user } = filter;
    if (user !== undefined) {
      query = query.where((is) => is.or([is('actor', '=', user), is('object', '=', `account:${user}`)]));
    }
    const { action } = filter;
    if (action?.endsWith('.*')) query = query.where('action', 'like', `${literal(action.slice(0, -1))}%`);
    else if (action !== undefined) query = query.where('action', '=', action);
    return (await query.orderBy('id').limit(PAGE).execute()).map(fromTable);
  }

  return {
    async add(rows) {
      await db
        .insertInto('portico_audit')
        .values(rows.map(toTable))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },

    async *read(filter) {
      let last = '';
      for (;;) {
        const page = await readPage(filter, last);
        yield* page;
        if (page.length < PAGE) return;
        last = (page.at(-1) as AuditRow).id;
      }
    },

    async removeExpired(now, limit) {
      const expired = db
        .selectFrom('portico_audit')
        .select('id')
        .where('expires', '<', now)
        .orderBy('expires')
        .limit(limit);
      const { numDeletedRows } = await db
        .deleteFrom('portico_audit')
        .where('id', 'in', expired)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

/** For a pattern of `like` in which nothing of the text stands for anything else; no action has such characters. */
function literal(text: string): string {
  return text.replaceAll(/[%_\\]/g, '');
}

function toTable({ count, before, after, ...row }: AuditRow): AuditTable {
  return { ...row, times: count, before_state: before, after_state: after };
}

function fromTable({ times, before_state, after_state, ...row }: AuditTable): AuditRow {
  return { ...row, count: times, before: before_state, after: after_state };
}
