/** What Redis answers while it can't do its work, though the command is right. */
const REFUSALS =
  /^(?:LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM|BUSY|NOAUTH|WRONGPASS|NOPERM)\b/;

/** What the client says without a connection. */
const LOST =
  /Connection is closed|enableOfflineQueue|Cluster redirections|startup nodes|disconnect(?:ed|ing)|timeout|timed out/i;

/** Names of the client's errors that are about the connection. */
const NAMES: ReadonlySet<string> = new Set([
  'MaxRetriesPerRequestError',
  'AbortError',
  'ClusterAllFailedError',
]);

/** Whether an error means that Redis can't be used now, and not that the command was wrong. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') return REFUSALS.test(error.message);
  return NAMES.has(error.name) || 'syscall' in error || LOST.test(error.message);
}
