import proxyAddr from 'proxy-addr';
import { suggestion } from '../../kernel/problem.ts';
import { valueAt } from '../describe-issue.ts';
import type { Source } from '../source/source.ts';
import type { Finding } from './finding.ts';

const RANGE_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

/** Addresses and host names of `server`. */
export function checkServer(source: Source): Finding[] {
  return [
    ...checkList(source, 'trustedProxies', (entry) => {
      if (isAddress(entry)) return undefined;
      const names = RANGE_NAMES.join(', ');
      return `"${entry}" is no address, CIDR range (10.0.0.0/8) or one of ${names}.${suggestion(entry, RANGE_NAMES)}`;
    }),
    ...checkList(source, 'allowedHosts', (entry) =>
      /^(?:\*\.[A-Za-z0-9._-]+|(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?)$/.test(entry)
        ? undefined
        : `"${entry}" is no host name; write it as the Host header has it, such as api.example.com or localhost:4000`,
    ),
  ];
}

function checkList(source: Source, key: string, fault: (entry: string) => string | undefined): Finding[] {
  const entries = valueAt(source.value, ['server', key]);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown, i) => {
    const message = typeof entry === 'string' ? fault(entry) : undefined;
    return message === undefined
      ? []
      : [{ path: ['server', key, i], on: 'value' as const, message: `server.${key}: ${message}` }];
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
