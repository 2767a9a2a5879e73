/** Belong to one connection (RFC 9110, section 7.6.1), or are made anew for each. */
export const PER_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'host',
]);

/** Names seen, to what is done with them: a gateway meets the same few hundred again and again. */
const REMEMBERED_NAMES = 1024;

/** The function, with its results for the first names it is asked for at hand. */
export function rememberNames<T extends {}>(judge: (name: string) => T): (name: string) => T {
  const seen = new Map<string, T>();
  return (name) => {
    const known = seen.get(name);
    if (known !== undefined) return known;
    const result = judge(name);
    if (seen.size < REMEMBERED_NAMES) seen.set(name, result);
    return result;
  };
}

/** Adds the names, in lower case, that a `Connection` header lists beside those that never go further anyway. */
export function addNamed(value: string, named: Set<string> | undefined): Set<string> | undefined {
  let all = named;
  for (const token of value.split(',')) {
    const name = token.trim().toLowerCase();
    // What nearly every one says.
    if (name === 'keep-alive' || name === 'close') continue;
    all ??= new Set();
    all.add(name);
  }
  return all;
}
