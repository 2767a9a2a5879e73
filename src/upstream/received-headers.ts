import { withoutHeaders } from '../kernel/headers.ts';
import { addNamed, PER_CONNECTION, rememberNames } from './connection-headers.ts';

const reach = rememberNames((name): 'all' | 'one' | 'connection' => {
  const lower = name.toLowerCase();
  if (lower === 'connection') return 'connection';
  return PER_CONNECTION.has(lower) ? 'one' : 'all';
});

/** An answer's headers as bytes from the wire → as text, without those of the connection that it came over. */
export function receiveHeaders(raw: readonly Buffer[]): string[] {
  const headers: string[] = [];
  let named: Set<string> | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1');
    const value = raw[i + 1] as Buffer;
    const reaches = reach(name);
    if (reaches === 'all') headers.push(name, value.toString('latin1'));
    else if (reaches === 'connection') named = addNamed(value.toString('latin1'), named);
  }
  const dropped = named;
  return dropped ? withoutHeaders(headers, (name) => dropped.has(name)) : headers;
}
