/** Groups of an IPv6 address that its network alone decides; the other half is the subscriber's to choose freely. */
const NETWORK_GROUPS = 4;

/**
 * What an address counts as: an IPv4 address as itself, an IPv6 address as its /64 network, for whoever has one address
 * there has 2^64 of them (RFC 6177, RFC 8981). Text that is neither is given back, cut to a bounded length.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip.slice(0, 64);
  const [address = ''] = ip.split('%', 1);
  const [head = '', tail] = address.split('::', 2);
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - count(before) - count(after));
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  const network = all.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, '').toLowerCase());
  return `${network.join(':').slice(0, 64)}::/64`;
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

/** An IPv4 address at the end takes the place of two groups. */
function count(parts: readonly string[]): number {
  return parts.length + (parts.at(-1)?.includes('.') ? 1 : 0);
}
