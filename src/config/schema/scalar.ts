import { z } from 'zod';
import { parseDuration, parsePercent, parseSize } from '../../kernel/quantity.ts';

/** Text with a unit → number; the JSON Schema shows the pattern, the message shows an example. */
function quantity(pattern: RegExp, parse: (text: string) => number | undefined, example: string) {
  return z
    .string({ error: `expected ${example}` })
    .regex(pattern, { error: `expected ${example}` })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `expected ${example}` });
      return z.NEVER;
    });
}

/** Milliseconds. */
export const duration = quantity(
  /^\d+(\.\d+)?(ms|s|m|h|d)$/,
  parseDuration,
  'a duration such as 250ms, 30s, 5m, 1h or 30d',
);

/** Bytes. */
export const size = quantity(/^\d+(\.\d+)?([bB]|[kKmMgG][bB])$/, parseSize, 'a size such as 512kb or 1mb');

/** A share from 0 to 1. */
export const percent = quantity(/^\d+(\.\d+)?%$/, parsePercent, 'a percentage such as 50%');

export const count = z.number().int().min(0);
export const positive = z.number().int().min(1);

/** A header name as RFC 9110 has it. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'expected a header name such as X-Tenant' });

/** An HTTP method; extension methods are as good as the usual ones. */
export const method = z.string().regex(/^[A-Z]+$/, { error: 'expected a method in capitals, such as GET' });

/** A path of the gateway's own. */
export const path = z.string().regex(/^\//, { error: 'expected a path that starts with /' });

/** A URL that calls can be sent to; a path prefix is allowed, query and credentials are not. */
export const httpUrl = z.string().superRefine((text, context) => {
  const fail = (message: string) => context.addIssue({ code: 'custom', message });
  if (!URL.canParse(text)) return fail('expected a URL such as http://localhost:8001');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return fail('expected an http or https URL');
  if (url.username !== '' || url.password !== '')
    return fail('a URL must not hold credentials; use headers.set');
  if (url.search !== '' || url.hash !== '') return fail('a service URL has no query and no fragment');
});

/** A value out of JSON, as YAML gives it. */
export const json = z.json();
