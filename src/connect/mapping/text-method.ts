import type { Json } from '../../kernel/json.ts';
import { type Method, missing } from './method.ts';
import {
  type Draft,
  isList,
  isObject,
  MAX_DATA_DEPTH,
  scalarText,
  setProperty,
  typePhrase,
} from './property.ts';

/** Methods that make, take or cut text. Characters are Unicode code points, so none is ever cut in two. */
export const TEXT_METHODS: Readonly<Record<string, Method>> = {
  jsonStringify: {
    min: 0,
    max: 0,
    args: [],
    apply(input, _args, _dollar, frame, site) {
      try {
        return JSON.stringify(input);
      } catch {
        return missing(frame, site, 'got data that is nested too deeply.');
      }
    },
  },
  jsonParse: {
    min: 0,
    max: 0,
    args: [],
    input: ['string'],
    apply(input, _args, _dollar, frame, site) {
      if (typeof input !== 'string')
        return missing(frame, site, `needs a string, and got ${typePhrase(input)}.`);
      try {
        return JSON.parse(input) as Json;
      } catch {
        return missing(frame, site, 'got a string that is not JSON.');
      }
    },
  },
  joinNotNull: {
    min: 1,
    max: 1,
    args: ['text'],
    apply(input, args, dollar, frame, site) {
      const separator = args[0]?.(input, dollar, frame);
      if (typeof separator !== 'string')
        return missing(frame, site, 'needs a string to put between the items.');
      const texts: string[] = [];
      for (const item of isList(input) ? input : [input]) {
        const text = scalarText(item);
        if (text === undefined) return missing(frame, site, `needs scalars, and got ${typePhrase(item)}.`);
        if (item !== null) texts.push(text);
      }
      return texts.join(separator);
    },
  },
  split: {
    min: 1,
    max: 2,
    args: ['text', 'integer'],
    input: ['string'],
    apply(input, args, dollar, frame, site) {
      if (typeof input !== 'string')
        return missing(frame, site, `needs a string, and got ${typePhrase(input)}.`);
      const separator = args[0]?.(input, dollar, frame);
      if (typeof separator !== 'string') return missing(frame, site, 'needs a string to split at.');
      const parts = separator === '' ? [...input] : input.split(separator);
      const limit = args[1]?.(input, dollar, frame);
      if (limit === undefined) return parts;
      if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0) {
        return missing(frame, site, 'needs a whole number from 0 as its limit.');
      }
      return parts.slice(0, limit);
    },
  },
  trim: trimming((text) => text.trim()),
  trimStart: trimming((text) => text.trimStart()),
  trimEnd: trimming((text) => text.trimEnd()),
  toString: toText(),
  keysToCamelCase: camelCasing(0),
  keysToCamelCaseDeep: camelCasing(MAX_DATA_DEPTH),
};

function toText(): Method {
  return {
    min: 0,
    max: 0,
    args: [],
    input: ['string', 'number', 'boolean'],
    apply(input, _args, _dollar, frame, site) {
      return (
        scalarText(input) ??
        missing(
          frame,
          site,
          `can't turn ${typePhrase(input)} into text: use ->jsonStringify or ->joinNotNull.`,
        )
      );
    },
  };
}

function trimming(trim: (text: string) => string): Method {
  return {
    min: 0,
    max: 0,
    args: [],
    input: ['string'],
    apply(input, _args, _dollar, frame, site) {
      return typeof input === 'string'
        ? trim(input)
        : missing(frame, site, `needs a string, and got ${typePhrase(input)}.`);
    },
  };
}

function camelCasing(depth: number): Method {
  return {
    min: 0,
    max: 0,
    args: [],
    input: ['object'],
    apply(input, _args, _dollar, frame, site) {
      if (isObject(input) || (isList(input) && depth > 0)) return camelCaseKeys(input, depth);
      return missing(frame, site, `needs an object, and got ${typePhrase(input)}.`);
    },
  };
}

function camelCaseKeys(value: Json, depth: number): Json {
  if (isList(value)) return depth > 0 ? value.map((item) => camelCaseKeys(item, depth - 1)) : value;
  if (!isObject(value)) return value;
  const renamed: Draft = {};
  for (const [key, property] of Object.entries(value)) {
    setProperty(renamed, camelCase(key), depth > 0 ? camelCaseKeys(property, depth - 1) : property);
  }
  return renamed;
}

/** A word ends before a capital that follows a small letter or digit, and before the last capital of several. */
const WORD_END = /(?<=\p{Ll}\p{N}*)(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const NO_WORD = /[^\p{L}\p{N}]+/u;

function camelCase(name: string): string {
  const words = name
    .split(NO_WORD)
    .flatMap((part) => part.split(WORD_END))
    .filter((word) => word !== '');
  return words
    .map((word, index) => {
      const lower = word.toLowerCase();
      const first = [...lower][0] ?? '';
      return index === 0 ? lower : first.toUpperCase() + lower.slice(first.length);
    })
    .join('');
}
