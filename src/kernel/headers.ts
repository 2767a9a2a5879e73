import type { Headers } from './scope.ts';

/** First value of a header in a flat list, names compared without case; undefined if absent. */
export function getHeader(headers: Headers, name: string): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const key = headers[i] as string;
    if (key.length === name.length && key.toLowerCase() === name) return headers[i + 1];
  }
  return undefined;
}

/** All values of a header, in order. `name` is lower case. */
export function getHeaderValues(headers: Headers, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === name) values.push(headers[i + 1] as string);
  }
  return values;
}

/** The list without any header whose lower-case name the test accepts. */
export function withoutHeaders(headers: Headers, drop: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!drop(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
