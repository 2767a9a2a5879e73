import type { Json } from '../../../src/kernel/json.ts';
import { mix } from './choice.ts';
import { type LeafName, MOODS } from './schema-model.ts';

/** Right for their type, and chosen to be hard to write. */
const VALUES: Readonly<Record<LeafName, readonly Json[]>> = {
  String: [
    'plain',
    '',
    'quo"te',
    'back\\slash\n\ttab',
    '\u0000\u001f\u007f',
    'lone \ud800 half',
    '\udc00',
    'line\u2028\u2029ends',
    'é 😀 中',
    '</script>',
    'x'.repeat(70),
    7,
    true,
    1.5,
  ],
  Int: [0, 1, -1, 42, 2147483647, -2147483648, -0, '12', true, 3.0],
  ID: [1, 'a', '007', 0, -5, 'q"\u2028', '9007199254740993'],
  Boolean: [true, false, 1, 0],
  Float: [0.5, -0, 1e21, 1e-7, 123456789012345680000, 5e-324, 1.7976931348623157e308, '2.25', 3, true],
  Mood: MOODS,
  Any: [
    'free',
    3,
    { a: 1, b: [null, { constructor: 'c' }] },
    [1, [2, 'deep \u2028']],
    JSON.parse('{"__proto__": {"x": 1}, "toString": null}') as Json,
    {},
    [],
    false,
    '',
  ],
};

/** A value that fits the type. */
export function fittingValue(type: LeafName, hash: number): Json {
  const values = VALUES[type];
  return values[hash % values.length] as Json;
}

/** A property that is not there. */
export const MISSING = Symbol('missing');

type Corruption = (value: Json, hash: number) => Json | typeof MISSING;

/** What may stand where something else should. */
const CORRUPTIONS: readonly Corruption[] = [
  () => null,
  () => MISSING,
  () => [],
  () => ({}),
  () => 'wrong',
  () => '',
  () => 0,
  () => 1.5,
  () => 2147483648,
  () => 1e21,
  () => -0,
  () => true,
  () => ({ x: 1 }),
  () => [null],
  (value) => [value],
  (value) => [value, null, value],
  (value) => [value, 'wrong', {}],
  (value) => (Array.isArray(value) ? (value[0] ?? null) : value),
  (value) => (Array.isArray(value) ? [...value].reverse() : value),
  (value) => (typeof value === 'string' ? Number(value) : String(JSON.stringify(value))),
  () => 'lone \ud800 "half"\u2028',
  () => '12345678901234567890',
  () => 'GOOD',
  () => JSON.parse('{"__proto__": 1, "constructor": {"id": 1}}') as Json,
];

/** What may stand where a key should: something that can be sent, for else all that is asked for with it would fail. */
const KEY_CORRUPTIONS: readonly Corruption[] = [
  () => null,
  () => MISSING,
  () => 'wrong',
  () => 0,
  () => 1.5,
  () => true,
  (value) => (typeof value === 'number' ? String(value) : value),
  () => '12345678901234567890',
  () => 'a&b=c/d,e',
];

/** The value with something wrong about it; the way is chosen by the hash. */
export function corrupt(value: Json, hash: number, isKey = false): Json | typeof MISSING {
  const corruptions = isKey ? KEY_CORRUPTIONS : CORRUPTIONS;
  const corruption = corruptions[hash % corruptions.length] as Corruption;
  const corrupted = corruption(value, mix(hash, 1));
  return typeof corrupted === 'number' && Number.isNaN(corrupted) ? null : corrupted;
}
