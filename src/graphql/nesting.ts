/**
 * Levels of lists and objects in one value from outside. Everything that looks into values does so by recursion, and
 * nobody writes this deep on purpose.
 */
const DEEPEST = 500;

/** Whether a value is nested deeper than any honest one. */
export function isTooDeep(value: unknown, left = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && isTooDeep(inner, left - 1)) return true;
  }
  return false;
}
