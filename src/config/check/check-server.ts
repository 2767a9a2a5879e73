import proxyAddr from 'proxy-addr';
import { suggestion } from '../../kernel/problem.ts';
import { valueAt } from '../describe-issue.ts';
import { parseOrigin } from '../origin.ts';
import type { Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

const RANGE_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

/** Addresses, host names and origins of `server`. */
export function checkServer(source: Source): Finding[] {
  return [
    ...checkList(source, ['trustedProxies'], (entry) => {
      if (isAddress(entry)) return undefined;
      const names = RANGE_NAMES.join(', ');
      return `"${entry}" is no address, CIDR range (10.0.0.0/8) or one of ${names}.${suggestion(entry, RANGE_NAMES)}`;
    }),
    ...checkList(source, ['allowedHosts'], (entry) =>
      /^(?:\*\.[A-Za-z0-9._-]+|(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?)$/.test(entry)
        ? undefined
        : `"${entry}" is no host name; write it as the Host header has it, such as api.example.com or localhost:4000`,
    ),
    ...checkList(source, ['cors', 'origins'], (entry) => {
      const parsed = parseOrigin(entry);
      return 'fault' in parsed ? `"${entry}" ${parsed.fault}` : undefined;
    }),
    ...checkCredentials(source),
  ];
}

/** With credentials whoever may call acts in the user's name, and browsers take no `*` then. */
function checkCredentials(source: Source): Finding[] {
  if (valueAt(source.value, ['server', 'cors', 'credentials']) !== true) return [];
  const path = ['server', 'cors', 'origins'];
  const entries = valueAt(source.value, path);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown, i): Finding[] => {
    const at = { path: [...path, i], on: 'value' as const };
    if (entry === '*') {
      const message = `server.cors: with credentials every origin has to be named; browsers refuse "*" then. Name them, or set credentials: false (a token in a header needs no credentials)`;
      return [{ ...at, message }];
    }
    if (entry !== 'null') return [];
    const message = `server.cors: "null" is the origin of every sandboxed frame and local file, so that with credentials any site can call in its visitors' names`;
    return [{ ...at, severity: 'warning', message }];
  });
}

function checkList(
  source: Source,
  keys: readonly string[],
  fault: (entry: string) => string | undefined,
): Finding[] {
  const path = ['server', ...keys];
  const entries = valueAt(source.value, path);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown, i) => {
    const message = typeof entry === 'string' ? fault(entry) : undefined;
    return message === undefined
      ? []
      : [{ path: [...path, i], on: 'value' as const, message: `${path.join('.')}: ${message}` }];
  });
}

function isAddress(entry: string): boolean {
  try {
    proxyAddr.compile(entry);
    return true;
  } catch {
    return false;
  }
}
