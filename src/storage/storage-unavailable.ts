import { GatewayError } from '../kernel/error.ts';

/** Seconds after which another try makes sense: what is back is found within two. */
const RETRY_AFTER = 2;

/** Redis or the database can't be used now. Whoever does not catch it answers 503 with `Retry-After`. */
export class StorageUnavailableError extends GatewayError {
  /** `cause` is for the log alone; `message` is for the client and names no address. */
  constructor(message: string, cause?: unknown) {
    super('STORAGE_UNAVAILABLE', message, { cause, retryAfter: RETRY_AFTER });
  }
}

/** What went wrong, in words: Node leaves the message empty where a name had several addresses. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return error.message || code || error.name;
}
