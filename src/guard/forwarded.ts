/** One element of `Forwarded` (RFC 7239): what one proxy says of the request that it got. Names in lower case. */
export type ForwardedElement = ReadonlyMap<string, string>;

/**
 * `for=192.0.2.60;proto=https, for="[2001:db8::1]:4711"` → one map for each element, the nearest proxy's last. Read
 * from the end, for the end is what the nearest proxy has written: a quote that its client has left open must not take
 * that in. Takes time in proportion to the length.
 */
export function parseForwarded(value: string): ForwardedElement[] {
  return splitFromEnd(value, ',').map(
    (element) => new Map(splitFromEnd(element, ';').flatMap((pair) => readPair(pair))),
  );
}

function readPair(pair: string): [name: string, value: string][] {
  const equals = pair.indexOf('=');
  if (equals === -1) return [];
  const value = pair.slice(equals + 1).trim();
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return [
    [
      pair.slice(0, equals).trim().toLowerCase(),
      isQuoted ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value,
    ],
  ];
}

/** The parts between separators that stand in no quotes. Empty parts are left out (RFC 9110, section 5.6.1). */
function splitFromEnd(text: string, separator: string): string[] {
  const parts: string[] = [];
  let end = text.length;
  let isQuoted = false;
  for (let i = text.length - 1; i >= -1; i -= 1) {
    if (text[i] === '"' && (!isQuoted || !isEscaped(text, i))) isQuoted = !isQuoted;
    else if (i === -1 || (text[i] === separator && !isQuoted)) {
      if (text.slice(i + 1, end).trim() !== '') parts.push(text.slice(i + 1, end));
      end = i;
    }
  }
  return parts.reverse();
}

/** An odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === '\\') before -= 1;
  return (at - before) % 2 === 0;
}
