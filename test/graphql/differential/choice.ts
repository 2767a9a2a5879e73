import fc from 'fast-check';

/**
 * One decision, or several that are taken of it. What is generated is a tree of such numbers, which says nothing of a
 * schema; what they mean is read off where they are used. So every tree means something, and a smaller one means
 * something simpler: 0 is always the plainest of all there is to choose from.
 */
export type Choice = number;

// A choice has one simpler one, the plainest: those in between say nothing simpler, and there are thousands of choices.
export const choice: fc.Arbitrary<Choice> = fc.option(fc.noShrink(fc.noBias(fc.nat(0xffff))), {
  nil: 0,
  freq: 40,
});

/** A list of up to `maxLength`, as often long as short. */
export function several<T>(
  of: fc.Arbitrary<T>,
  { minLength = 0, maxLength }: { readonly minLength?: number; readonly maxLength: number },
): fc.Arbitrary<T[]> {
  return fc.noBias(fc.array(of, { minLength, maxLength, size: 'max' }));
}

/** A number below `count` for the decision called `about`; 0 for the choice 0. */
export function pick(made: Choice, about: number, count: number): number {
  return made === 0 || count <= 1 ? 0 : mix(made, about) % count;
}

/** One of the options; the first for the choice 0. There must be one. */
export function pickOf<T>(made: Choice, about: number, options: readonly T[]): T {
  return options[pick(made, about, options.length)] as T;
}

/** Whether the decision called `about` falls out so, as it does in `percent` of cases; never for the choice 0. */
export function happens(made: Choice, about: number, percent: number): boolean {
  return made !== 0 && mix(made, about) % 100 < percent;
}

/** A number of 32 bits that the given ones decide, and that looks like any other. */
export function mix(...numbers: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const number of numbers) {
    state = Math.imul(state ^ number, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return state >>> 0;
}

/** The same for a text. */
export function mixText(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return mix(state);
}
