/** What stands for itself everywhere (RFC 3986, section 2.3), as most values do: ids, names, numbers. */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNPAIRED_SURROGATE = /[\ud800-\udfff]/gu;
/** encodeURIComponent leaves these five, which mean something to some servers. */
const LEFT_OVER = /[!'()*]/g;
/** All that RFC 3986 allows anywhere in a URL, and `%`, which begins what is encoded already. */
const NOT_IN_URL = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/gu;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/**
 * A value for one place of a URL: everything but unreserved characters (RFC 3986, section 2.3) is encoded, so no
 * slash, question mark, ampersand or percent sign of a value means anything. Half a surrogate pair becomes U+FFFD.
 */
export function encodeValue(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text.replace(UNPAIRED_SURROGATE, '\ufffd')).replace(LEFT_OVER, percent);
}

/** Text that the schema's author wrote: only what can't be in a URL at all is encoded. */
export function encodeText(text: string): string {
  return text
    .replace(UNPAIRED_SURROGATE, '\ufffd')
    .replace(NOT_IN_URL, (character) => encodeURIComponent(character));
}

/** Whether URL parsers take this segment for "here" or "one up" (WHATWG URL, section 4.4: `%2e` is a dot too). */
export function isDotSegment(segment: string): boolean {
  return DOT_SEGMENT.test(segment);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
