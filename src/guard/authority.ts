import { isIPv4 } from 'node:net';

/** Registered name, IPv4 or bracketed IPv6, and maybe a port: what a Host header may hold (RFC 9110, section 7.2). */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_.-])?)(?::([0-9]{1,5}))?$/;

/** The last one that was right: it comes again with nearly every request. */
let lastRight = '';

/** True for a host with or without port; false for user info, paths, lists, junk and nothing at all. */
export function isAuthority(text: string): boolean {
  if (text === lastRight && text !== '') return true;
  const match = AUTHORITY.exec(text);
  const isRight = match !== null && text.length <= 261 && Number(match[1] ?? 0) <= 65_535;
  if (isRight) lastRight = text;
  return isRight;
}

/** The host without its port, in lower case and without the dot at the end that DNS allows. */
export function hostName(authority: string): string {
  return authority
    .replace(/:[0-9]+$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** True for an address, `localhost` or no host at all: no page can have a name made to point here and ask so. */
export function isByAddress(authority: string): boolean {
  const name = hostName(authority);
  return name === '' || name === 'localhost' || name.startsWith('[') || isIPv4(name);
}

/**
 * Builds the test of `server.allowedHosts`: names (any port), names with a port, `*.example.com` for what is below.
 * With an empty list it takes any.
 */
export function createHostCheck(allowed: readonly string[]): (authority: string) => boolean {
  if (allowed.length === 0) return () => true;
  const exact = new Set(allowed.map(nameAndPort));
  const suffixes = [...exact].filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return (authority) => {
    const name = hostName(authority);
    if (exact.has(name) || exact.has(nameAndPort(authority))) return true;
    return suffixes.some((suffix) => name.endsWith(suffix));
  };
}

function nameAndPort(authority: string): string {
  return hostName(authority) + (/:[0-9]+$/.exec(authority)?.[0] ?? '');
}
