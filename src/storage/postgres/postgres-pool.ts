import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { assertPortable } from '../portable-value.ts';
import { isPostgresOutage } from './postgres-outage.ts';

/** Connections at most; a gateway asks little of its database. */
const MOST = 10;
/** Milliseconds to get a connection. */
const CONNECT_TIMEOUT = 2000;
/** Milliseconds that a query may take; the server ends it then, and a little later the client does not wait any more. */
const QUERY_TIMEOUT = 3000;
const PATIENCE = 500;
/** Milliseconds that an unused connection is kept. */
const IDLE = 30_000;
/** Milliseconds for connections to end in order. */
const END = 1000;

export interface PoolOptions {
  /** False: queries may take as long as they need, as migrations do. */
  readonly limited: boolean;
  /** Called when a connection breaks, in use or not. */
  readonly onBroken: () => void;
}

/** What Kysely needs of a pool, and nothing hangs: connections that failed or gave no answer are not used again. */
export function createPostgresPool(url: string, { limited, onBroken }: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'portico',
    max: MOST,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    idleTimeoutMillis: IDLE,
    allowExitOnIdle: true,
    keepAlive: true,
    types: { getTypeParser },
    ...(limited ? { statement_timeout: QUERY_TIMEOUT, query_timeout: QUERY_TIMEOUT + PATIENCE } : {}),
  });
  pool.on('error', onBroken);
  // A connection in use tells its query as well when it breaks; told to nobody it would end the process.
  pool.on('connect', (client) => client.on('error', onBroken));
  return {
    connect: async () => guardClient(await pool.connect()),
    // Not for longer: a server that is silent would never let it end.
    end: () => Promise.race([pool.end(), new Promise<void>((resolve) => setTimeout(resolve, END).unref())]),
  };
}

function guardClient(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  return {
    query: asQuery(async (text, parameters) => {
      assertPortable(parameters);
      try {
        return await client.query(text, [...parameters]);
      } catch (error) {
        if (isPostgresOutage(error)) broken = true;
        throw error;
      }
    }),
    release: () => client.release(broken),
  };
}

/** Kysely asks in two ways, and only the one without a cursor is used here. */
export function asQuery(
  query: (text: string, parameters: readonly unknown[]) => Promise<unknown>,
): PostgresPoolClient['query'] {
  return query as unknown as PostgresPoolClient['query'];
}

const INT8 = 20;

/** bigint as a number: what is kept here are milliseconds and counts, far below 2^53. Everything else as text or number. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  return oid === INT8
    ? Number
    : (pg.types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown);
}
