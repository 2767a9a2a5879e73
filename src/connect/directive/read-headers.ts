import type { Position } from '../../kernel/problem.ts';
import type { ArgumentReader } from './directive-argument.ts';
import { errorAt, type Report, type SdlText } from './sdl-text.ts';

/** One entry of `headers`: copied from the client (`from`) or made from a template (`value`). */
export type HeaderRule = { readonly name: string; readonly at: Position } & (
  | { readonly from: string; readonly value?: undefined }
  | { readonly value: SdlText; readonly from?: undefined }
);

/** Headers of the connection and of the message's framing: they belong to the transport. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What may be given as text, but not be copied from a client. */
const OWN_VALUE_ONLY = new Set(['accept', 'content-type']);

/** RFC 9110, 5.6.2: token. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Reads `headers` of `@source` or `@connect`; faulty entries are reported and left out. Names are in lower case. */
export function readHeaders(http: ArgumentReader, report: Report): readonly HeaderRule[] {
  const rules = new Map<string, HeaderRule>();
  for (const entry of http.objects('headers', ['name', 'from', 'value'])) {
    const rule = readHeader(entry, report);
    if (rule === undefined) continue;
    if (rules.has(rule.name)) report(errorAt(rule.at, `header "${rule.name}" is given twice`));
    else rules.set(rule.name, rule);
  }
  return [...rules.values()];
}

function readHeader(entry: ArgumentReader, report: Report): HeaderRule | undefined {
  const nameText = entry.text('name');
  const from = entry.text('from');
  const value = entry.text('value');
  if (nameText === undefined) {
    if (entry.lacks('name')) report(errorAt(entry.at, 'a header needs a name'));
    return undefined;
  }
  const { at } = nameText;
  const name = nameText.value.toLowerCase();
  if (!NAME.test(name)) {
    report(errorAt(at, `"${nameText.value}" is not a header name`));
    return undefined;
  }
  if (RESERVED.has(name)) {
    report(errorAt(at, `header "${name}" belongs to the connection and can't be set by a connector`));
    return undefined;
  }
  if ((from === undefined) === (value === undefined)) {
    const isMisspelt = from === undefined && !(entry.lacks('from') && entry.lacks('value'));
    if (!isMisspelt) report(errorAt(entry.at, `header "${name}" needs either "from" or "value"`));
    return undefined;
  }
  if (value !== undefined) return { name, at, value };
  if (OWN_VALUE_ONLY.has(name)) {
    report(errorAt(at, `header "${name}" can't be copied from the client; give it a "value"`));
    return undefined;
  }
  return from === undefined || !isHeaderName(from, report)
    ? undefined
    : { name, at, from: from.value.toLowerCase() };
}

function isHeaderName(text: SdlText, report: Report): boolean {
  if (NAME.test(text.value)) return true;
  report(errorAt(text.at, `"${text.value}" is not a header name`));
  return false;
}
