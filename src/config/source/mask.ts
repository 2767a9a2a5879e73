/** Characters that end or split an unquoted scalar, and what stands in for them while YAML is read. */
const SPECIAL = '{}[],#:';
const FIRST = 0xe000;
const STAND_INS = new RegExp(
  `[\\u{${FIRST.toString(16)}}-\\u{${(FIRST + SPECIAL.length - 1).toString(16)}}]`,
  'gu',
);
/** A reference, or the `{name}` of a path: after a slash a brace can only be text, never YAML's own. */
const TEXT_WITH_BRACES =
  /\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}"'\\\n\r]*)?\}|(?<=\/)\{[A-Za-z_][A-Za-z0-9_-]*\}/g;

/**
 * Hides the punctuation of `${NAME:-default}` and of `/users/{id}` from YAML, so that
 * `{ path: /users/{id}, timeout: ${TIMEOUT:-3s} }` needs no quotes.
 * Keeps every offset. Text that holds a stand-in already (private-use characters) is left alone.
 */
export function maskBraces(text: string): string {
  if (text.search(STAND_INS) !== -1) return text;
  return text.replaceAll(TEXT_WITH_BRACES, (reference) =>
    reference.replaceAll(/[{}[\],#:]/g, (character) =>
      String.fromCharCode(FIRST + SPECIAL.indexOf(character)),
    ),
  );
}

/** A piece of the text as it was before; `masked` tells whether anything was hidden at all. */
export function unmaskBraces(text: string, masked: boolean): string {
  if (!masked) return text;
  return text.replaceAll(STAND_INS, (character) => SPECIAL[character.charCodeAt(0) - FIRST] ?? character);
}
