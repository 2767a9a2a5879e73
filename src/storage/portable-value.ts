import { GatewayError } from '../kernel/error.ts';

/**
 * Looks over what is bound to a query, so that both kinds of database see the same or nothing. Throws `GatewayError`
 * for a NUL character (PostgreSQL refuses it, SQLite would cut the text there, and an account's name would become
 * another's), and a TypeError for a kind of value that one of them does not know.
 */
export function assertPortable(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === 'string') {
      if (value.includes('\0'))
        throw new GatewayError('BAD_USER_INPUT', 'Text must not hold a NUL character');
    } else if (!isPortable(value)) {
      throw new TypeError(`A query can't bind this: ${typeof value}; use text, whole numbers or null`);
    }
  }
}

function isPortable(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'bigint' || Number.isSafeInteger(value);
}
