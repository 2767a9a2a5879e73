/** Header of an answer that is not, or not only, what the services say now: `stale` or `value`. */
export const FALLBACK_HEADER = 'X-Portico-Fallback';

/**
 * The header's value for an answer made of several parts, `undefined` if none of them is a fallback. Where there are
 * both kinds, what was made up counts more than what is old.
 */
export function fallbackKind(
  notes: readonly { readonly from: 'stale' | 'value' }[],
): 'stale' | 'value' | undefined {
  if (notes.length === 0) return undefined;
  return notes.some(({ from }) => from === 'value') ? 'value' : 'stale';
}
