const SHAPE = /^postgres(?:ql)?:\/\//;
const FOREIGN_DRIVER = /^postgres(?:ql)?\+\w+:\/\//;

/** Schemes of what else people keep their data in, and might try here. */
const OTHER = /^(mysql|mariadb|sqlite|file|mongodb|mssql|sqlserver|libsql)\b/;

/**
 * What is wrong with a URL of `storage.database`, or undefined. The words show nothing of the text, for it may hold a
 * password. Query parameters are those of the driver: `sslmode`, `sslrootcert`, `host` (a socket's folder).
 */
export function databaseUrlFault(text: string): string | undefined {
  if (FOREIGN_DRIVER.test(text)) return 'write postgres:// without the name of a driver';
  const other = OTHER.exec(text)?.[1];
  if (other !== undefined) {
    return `the database is PostgreSQL (postgres://…), or embedded if this is empty; ${other} is not known`;
  }
  if (!SHAPE.test(text))
    return 'expected postgres://user:password@host:port/database, or nothing for the embedded one';
  const hint = 'in user and password write @ as %40, / as %2F, # as %23, % as %25';
  // The driver takes a socket's folder in the place of the host, or no host at all.
  if (!URL.canParse(text.replace('@/', '@localhost/'))) return `this is no URL that can be read; ${hint}`;
  const { username, password, hash, pathname } = new URL(text.replace('@/', '@localhost/'));
  if (hash !== '') return `a # ends the URL before its end; ${hint}`;
  try {
    decodeURIComponent(username + password + pathname);
  } catch {
    return `a % in it begins no character; ${hint}`;
  }
  return undefined;
}

/** Host, port and name of the database, without user and password, for people to read. */
export function describeDatabaseUrl(text: string): string {
  const { host, pathname } = new URL(text.replace('@/', '@localhost/'));
  return `${host}${pathname}`;
}
