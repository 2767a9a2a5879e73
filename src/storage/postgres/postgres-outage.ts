/**
 * SQLSTATEs that say nothing against the query (PostgreSQL documentation, appendix A): the connection (08), who may
 * connect (28), which database (3D), too little of something (53), the operator or a timeout (57), the system (58),
 * a server that only reads (25006).
 */
const OUTAGE = /^(?:08|28|3D|53|57|58|25006)/;

/** Whether an error of the driver means that the database can't be used now, and not that the query was wrong. */
export function isPostgresOutage(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false;
  if ('severity' in error && 'code' in error) return OUTAGE.test(String(error.code));
  // Without a severity it does not come from the server: no connection, a broken one, or no answer in time.
  return 'syscall' in error || /connect|terminated|timeout|queryable|pool/i.test(error.message);
}
