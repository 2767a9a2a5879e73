import type { Json } from '../../kernel/json.ts';
import { type CallSite, type Evaluate, type Frame, type Method, missing } from './method.ts';
import { isList, isObject, ownProperty, typePhrase } from './property.ts';

/** Methods on lists, and those that treat objects and text as something that has parts. */
export const LIST_METHODS: Readonly<Record<string, Method>> = {
  map: {
    min: 1,
    max: 1,
    args: ['any'],
    apply(input, args, dollar, frame) {
      const change = args[0] as Evaluate;
      if (isList(input)) return input.map((item) => change(item, dollar, frame) ?? null);
      const single = change(input, dollar, frame);
      return single === undefined ? undefined : [single];
    },
  },
  filter: {
    min: 1,
    max: 1,
    args: ['boolean'],
    apply(input, args, dollar, frame, site) {
      const kept: Json[] = [];
      for (const item of isList(input) ? input : [input]) {
        const verdict = args[0]?.(item, dollar, frame);
        if (verdict === true) kept.push(item);
        else if (verdict === undefined ? !isList(input) : verdict !== false) return notBoolean(frame, site);
      }
      return kept;
    },
  },
  find: {
    min: 1,
    max: 1,
    args: ['boolean'],
    apply(input, args, dollar, frame, site) {
      for (const item of isList(input) ? input : [input]) {
        const verdict = args[0]?.(item, dollar, frame);
        if (verdict === true) return item;
        if (verdict !== false) return notBoolean(frame, site);
      }
      return undefined;
    },
  },
  first: ending((items) => items[0]),
  last: ending((items) => items.at(-1)),
  slice: {
    min: 0,
    max: 2,
    args: ['integer', 'integer'],
    input: ['string', 'array'],
    apply(input, args, dollar, frame, site) {
      const parts = partsOf(input);
      if (parts === undefined)
        return missing(frame, site, `needs a list or a string, and got ${typePhrase(input)}.`);
      const start = bound(args[0]?.(input, dollar, frame), 0, parts.length);
      const end = bound(args[1]?.(input, dollar, frame), parts.length, parts.length);
      const slice = parts.slice(start, Math.max(start, end));
      return isList(input) ? slice : slice.join('');
    },
  },
  size: {
    min: 0,
    max: 0,
    args: [],
    input: ['string', 'array', 'object'],
    apply(input, _args, _dollar, frame, site) {
      if (isObject(input)) return Object.keys(input).length;
      return (
        partsOf(input)?.length ??
        missing(frame, site, `needs a list, a string or an object, and got ${typePhrase(input)}.`)
      );
    },
  },
  get: {
    min: 1,
    max: 1,
    args: ['key'],
    input: ['string', 'array', 'object'],
    apply(input, args, dollar, frame, site) {
      const key = args[0]?.(input, dollar, frame);
      if (key === undefined) return undefined;
      if (isObject(input)) {
        if (typeof key !== 'string') return missing(frame, site, 'needs the name of a property here.');
        const found = ownProperty(input, key);
        return found === undefined
          ? missing(frame, site, `found no property ${JSON.stringify(key)}.`)
          : found;
      }
      const parts = partsOf(input);
      if (parts === undefined) return missing(frame, site, `can't look into ${typePhrase(input)}.`);
      if (typeof key !== 'number' || !Number.isInteger(key))
        return missing(frame, site, 'needs a whole number here.');
      const found = parts.at(key);
      return found === undefined
        ? missing(frame, site, `found nothing at ${key} of ${parts.length}.`)
        : found;
    },
  },
  has: {
    min: 1,
    max: 1,
    args: ['any'],
    apply(input, args, dollar, frame) {
      const key = args[0]?.(input, dollar, frame);
      if (typeof key === 'string') return isObject(input) && Object.hasOwn(input, key);
      if (typeof key !== 'number' || !Number.isInteger(key)) return false;
      return partsOf(input)?.at(key) !== undefined;
    },
  },
  entries: onObject((object) => Object.keys(object).map((key) => ({ key, value: object[key] as Json }))),
  keys: onObject((object) => Object.keys(object)),
  values: onObject((object) => Object.values(object)),
};

function notBoolean(frame: Frame, site: CallSite): undefined {
  return missing(frame, site, 'needs a condition that gives true or false.');
}

/** A string's characters, a list's items. */
function partsOf(input: Json): readonly Json[] | undefined {
  if (isList(input)) return input;
  return typeof input === 'string' ? [...input] : undefined;
}

/** What isn't a whole number counts as not given. */
function bound(value: Json | undefined, otherwise: number, length: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return otherwise;
  return Math.min(Math.max(value, 0), length);
}

function ending(pick: (items: readonly Json[]) => Json | undefined): Method {
  return {
    min: 0,
    max: 0,
    args: [],
    apply(input, _args, _dollar, frame, site) {
      const parts = partsOf(input);
      if (parts !== undefined) return pick(parts);
      // What is no list is handed on as its only item.
      missing(frame, site, `expects a list or a string, and got ${typePhrase(input)}.`);
      return input;
    },
  };
}

function onObject(read: (object: { readonly [key: string]: Json }) => Json): Method {
  return {
    min: 0,
    max: 0,
    args: [],
    input: ['object'],
    apply(input, _args, _dollar, frame, site) {
      return isObject(input)
        ? read(input)
        : missing(frame, site, `needs an object, and got ${typePhrase(input)}.`);
    },
  };
}
