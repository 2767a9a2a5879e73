import { GatewayError } from '../kernel/error.ts';

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

/**
 * Builds the test of `server.allowedHosts`: names (any port), names with a port, `*.example.com` for what is below.
 * The test throws MISDIRECTED_REQUEST for a host that is not listed; with an empty list it takes any.
 */
export function createHostCheck(allowed: readonly string[]): (authority: string) => void {
  if (allowed.length === 0) return () => {};
  const exact = new Set(allowed.map((host) => host.toLowerCase()));
  const suffixes = [...exact].filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return (authority) => {
    const name = hostName(authority);
    if (exact.has(name) || exact.has(authority.toLowerCase())) return;
    if (suffixes.some((suffix) => name.endsWith(suffix))) return;
    throw new GatewayError('MISDIRECTED_REQUEST', 'This host is not served here');
  };
}
