/** Longer strings are looked through by the engine's own search, shorter ones faster sign by sign. */
const SHORT = 40;
/** What can't stand in a JSON string as it is; lone surrogates are among them (ECMA-262, well-formed JSON.stringify). */
const NEEDS_ESCAPE = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** A string as JSON text, as `JSON.stringify` gives it; most strings need no escape, and then a look is cheaper. */
export function quote(text: string): string {
  const { length } = text;
  if (length > SHORT) return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(text);
  }
  return `"${text}"`;
}
