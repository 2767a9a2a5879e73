import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { getHeaderValues } from '../kernel/headers.ts';
import type { Client, Headers } from '../kernel/scope.ts';
import { isAuthority } from './authority.ts';
import { parseForwarded } from './forwarded.ts';

/** What the socket itself says of a connection. */
export interface Peer {
  readonly ip: string;
  readonly protocol: 'http' | 'https';
}

/** Tells who is behind a request. `host` is what the request itself asked for. Never throws. */
export type FindClient = (peer: Peer, host: string, headers: Headers) => Client;

/** What one proxy says of the party that it got the request from. */
interface Hop {
  readonly ip: string | undefined;
  readonly protocol: string | undefined;
  readonly host: string | undefined;
}

/**
 * `trusted` are addresses, CIDRs or the names that proxy-addr knows (`loopback`, `linklocal`, `uniquelocal`).
 * From the socket outwards each trusted hop is believed about the next one, and the first hop that is not trusted
 * is the client. What lies beyond it could be made up, and is neither used nor sent on.
 * Throws a TypeError if one of them is none of these.
 */
export function createFindClient(trusted: readonly string[]): FindClient {
  const isTrusted = trusted.length === 0 ? () => false : compile([...trusted]);
  return (peer, host, headers) => {
    const ip = plainAddress(peer.ip);
    if (!isTrusted(ip, 0)) return { ip, protocol: peer.protocol, host, forwardedFor: ip };
    return believe(ip, peer.protocol, host, readHops(headers), (address, index) => isTrusted(address, index));
  };
}

function believe(
  peerIp: string,
  peerProtocol: Client['protocol'],
  requestHost: string,
  hops: readonly Hop[],
  isTrusted: (ip: string, index: number) => boolean,
): Client {
  let client: Client = { ip: peerIp, protocol: peerProtocol, host: requestHost, forwardedFor: peerIp };
  for (let i = hops.length - 1, depth = 0; i >= 0 && isTrusted(client.ip, depth); i -= 1, depth += 1) {
    const hop = hops[i] as Hop;
    client = {
      ip: hop.ip ?? client.ip,
      protocol: protocolOf(hop.protocol) ?? client.protocol,
      host: hop.host !== undefined && isAuthority(hop.host) ? hop.host : client.host,
      forwardedFor: hop.ip === undefined ? client.forwardedFor : `${hop.ip}, ${client.forwardedFor}`,
    };
    // An address that can't be read is as far as one can see.
    if (hop.ip === undefined) break;
  }
  return client;
}

/** Nearest last. `Forwarded` (RFC 7239) counts only where none of the older headers is there. */
function readHops(headers: Headers): Hop[] {
  const addresses = listOf(headers, 'x-forwarded-for');
  const protocols = listOf(headers, 'x-forwarded-proto');
  const hosts = listOf(headers, 'x-forwarded-host');
  const count = Math.max(addresses.length, Math.min(1, protocols.length + hosts.length));
  if (count === 0) return forwardedHops(headers);
  return Array.from({ length: count }, (_, i) => ({
    ip: addressOf(addresses[i]),
    // Proxies that replace these headers send one value for the whole chain; those that append send one for each hop.
    protocol: alignedWith(protocols, i, count),
    host: alignedWith(hosts, i, count),
  }));
}

function forwardedHops(headers: Headers): Hop[] {
  return getHeaderValues(headers, 'forwarded')
    .flatMap(parseForwarded)
    .map((said) => ({ ip: addressOf(said.get('for')), protocol: said.get('proto'), host: said.get('host') }));
}

function listOf(headers: Headers, name: string): string[] {
  return getHeaderValues(headers, name)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

function alignedWith(values: readonly string[], index: number, count: number): string | undefined {
  return values[Math.max(0, values.length - count + index)];
}

function protocolOf(text: string | undefined): Client['protocol'] | undefined {
  const lower = text?.toLowerCase();
  return lower === 'http' || lower === 'https' ? lower : undefined;
}

/** `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711` → the address; undefined for anything else. */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}

/** IPv4 addresses that a dual-stack socket shows as `::ffff:203.0.113.7` are shown as what they are. */
export function plainAddress(ip: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip;
}
