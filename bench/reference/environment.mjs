/** What the runner tells a contender: where to listen, whom to call, and which request headers its calls carry. */
export const port = Number(process.env.PORT ?? 4000);
export const upstream = process.env.UPSTREAM_URL ?? 'http://127.0.0.1:3000';
export const forward = process.env.FORWARD ?? '';

/** Headers for upstream calls made on behalf of a request with these headers. */
export function forwarded(headers) {
  const value = forward === '' ? undefined : headers[forward];
  return value === undefined ? undefined : { [forward]: value };
}
