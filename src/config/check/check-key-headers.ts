import { valueAt } from '../describe-issue.ts';
import type { Config } from '../schema/config.ts';
import type { Path, Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

/** Characters below which a key is no secret for long. */
const SHORTEST = 16;
/** What a header's value can hold (RFC 9110, 5.5) and everybody writes in the same bytes. */
const SENDABLE = /^[!-~](?:[ -~]*[!-~])?$/;
/** What these names mean is settled elsewhere. */
const TAKEN = ['authorization', 'cookie', 'host', 'content-type', 'content-length', 'origin'];

/** The keys of internal callers, and the headers that keys come in. No message shows a key. */
export function checkKeyHeaders(source: Source, auth: Config['auth']): Finding[] {
  return [...checkServiceKeys(source), ...checkHeaders(auth)];
}

function checkServiceKeys(source: Source): Finding[] {
  const path = ['auth', 'serviceKeys', 'keys'];
  const keys = valueAt(source.value, path);
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((key: unknown, i): Finding[] => {
    if (typeof key !== 'string' || key === '') return [];
    const at = { path: [...path, i], on: 'value' as const };
    if (!SENDABLE.test(key)) {
      const message =
        'this key can never be sent: use visible ASCII characters, without spaces at the beginning or end';
      return [{ ...at, message }];
    }
    if (keys.indexOf(key) < i) return [{ ...at, message: 'this key is listed twice; keep one' }];
    if (key.length >= SHORTEST) return [];
    const message = `the key has ${key.length} characters and can be guessed; give it at least ${SHORTEST}, such as from \`openssl rand -base64 32\``;
    return [{ ...at, severity: 'warning', message }];
  });
}

function checkHeaders({ apiKeys, serviceKeys, forward }: Config['auth']): Finding[] {
  const used = [
    { path: ['auth', 'serviceKeys', 'header'], name: serviceKeys.header },
    ...(apiKeys.enabled ? [{ path: ['auth', 'apiKeys', 'header'], name: apiKeys.header }] : []),
  ];
  const identity = Object.keys(forward).map(normal);
  const seen = new Set<string>();
  return used.flatMap(({ path, name }) => {
    const key = normal(name);
    const twice = seen.has(key);
    seen.add(key);
    if (twice) return [finding(path, `${name} is the header of internal keys as well; choose another`)];
    if (TAKEN.includes(key)) return [finding(path, `${name} has a meaning of its own; choose another`)];
    if (identity.includes(key))
      return [finding(path, `${name} tells services who the caller is (auth.forward); choose another`)];
    return [];
  });
}

function finding(path: Path, message: string): Finding {
  return { path, on: 'value', message };
}

/** Without case, and `_` like `-`, as services read names. */
function normal(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
