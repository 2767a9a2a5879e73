import type { Json } from '../../kernel/json.ts';
import { type Evaluate, type Method, missing } from './method.ts';
import { equalJson, isList, typeName, typePhrase } from './property.ts';

/** Methods that compare, decide and calculate. */
export const VALUE_METHODS: Readonly<Record<string, Method>> = {
  echo: {
    min: 1,
    max: 1,
    args: ['any'],
    apply: (input, args, dollar, frame) => args[0]?.(input, dollar, frame),
  },
  typeof: { min: 0, max: 0, args: [], apply: (input) => typeName(input) },
  eq: comparing((a, b) => equalJson(a, b)),
  ne: comparing((a, b) => !equalJson(a, b)),
  gt: ordering((order) => order > 0),
  gte: ordering((order) => order >= 0),
  lt: ordering((order) => order < 0),
  lte: ordering((order) => order <= 0),
  in: {
    min: 1,
    max: 1,
    args: ['list'],
    apply(input, args, dollar, frame, site) {
      const list = args[0]?.(input, dollar, frame);
      if (list === undefined) return undefined;
      if (!isList(list)) return missing(frame, site, `needs a list to look in, and got ${typePhrase(list)}.`);
      return list.some((item) => equalJson(item, input));
    },
  },
  contains: {
    min: 1,
    max: 1,
    args: ['any'],
    input: ['array'],
    apply(input, args, dollar, frame, site) {
      const value = args[0]?.(input, dollar, frame);
      if (value === undefined) return undefined;
      if (!isList(input)) return missing(frame, site, `needs a list, and got ${typePhrase(input)}.`);
      return input.some((item) => equalJson(item, value));
    },
  },
  and: deciding(false),
  or: deciding(true),
  not: {
    min: 0,
    max: 0,
    args: [],
    input: ['boolean'],
    apply(input, _args, _dollar, frame, site) {
      return typeof input === 'boolean'
        ? !input
        : missing(frame, site, `needs true or false, and got ${typePhrase(input)}.`);
    },
  },
  add: calculating((a, b) => a + b),
  sub: calculating((a, b) => a - b),
  mul: calculating((a, b) => a * b),
  div: calculating((a, b) => a / b),
  mod: calculating((a, b) => a % b),
  parseInt: {
    min: 0,
    max: 1,
    args: ['integer'],
    input: ['string', 'number'],
    apply(input, args, dollar, frame, site) {
      if (typeof input !== 'string' && typeof input !== 'number') {
        return missing(frame, site, `needs a string or a number, and got ${typePhrase(input)}.`);
      }
      const base = args.length === 0 ? 10 : args[0]?.(input, dollar, frame);
      if (base === undefined) return undefined;
      if (typeof base !== 'number' || !Number.isInteger(base) || base < 2 || base > 36) {
        return missing(frame, site, 'needs a base between 2 and 36.');
      }
      const text = typeof input === 'number' ? String(Math.trunc(input)) : input;
      return (
        wholeNumber(text, base) ??
        missing(frame, site, `found no whole number to base ${base} in ${quote(input)}.`)
      );
    },
  },
};

function quote(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** All of the text must be digits of the base; what a number can't hold exactly is no number. */
function wholeNumber(text: string, base: number): number | undefined {
  const digits = /^[+-]?([0-9a-z]+)$/i.exec(text)?.[1];
  if (digits === undefined) return undefined;
  for (const digit of digits) {
    if (Number.parseInt(digit, 36) >= base) return undefined;
  }
  const value = Number.parseInt(text, base);
  return Number.isSafeInteger(value) ? value : undefined;
}

function comparing(compare: (a: Json, b: Json) => boolean): Method {
  return {
    min: 1,
    max: 1,
    args: ['any'],
    apply(input, args, dollar, frame) {
      const other = args[0]?.(input, dollar, frame);
      return other === undefined ? undefined : compare(input, other);
    },
  };
}

function ordering(decide: (order: number) => boolean): Method {
  return {
    min: 1,
    max: 1,
    args: ['any'],
    input: ['string', 'number'],
    apply(input, args, dollar, frame, site) {
      const other = args[0]?.(input, dollar, frame);
      if (other === undefined) return undefined;
      if (typeof input === 'number' && typeof other === 'number') return decide(input - other);
      if (typeof input === 'string' && typeof other === 'string') {
        if (input === other) return decide(0);
        return decide(input < other ? -1 : 1);
      }
      return missing(
        frame,
        site,
        `compares two numbers or two strings, and got ${typePhrase(input)} and ${typePhrase(other)}.`,
      );
    },
  };
}

/** `->and` is decided by the first false, `->or` by the first true; what follows isn't looked at. */
function deciding(decisive: boolean): Method {
  return {
    min: 1,
    max: Number.POSITIVE_INFINITY,
    args: ['boolean'],
    input: ['boolean'],
    apply(input, args, dollar, frame, site) {
      if (typeof input !== 'boolean')
        return missing(frame, site, `needs true or false, and got ${typePhrase(input)}.`);
      if (input === decisive) return decisive;
      for (const arg of args) {
        const value = arg(input, dollar, frame);
        if (value === undefined) return undefined;
        if (value === decisive) return decisive;
        if (typeof value !== 'boolean')
          missing(frame, site, `ignores ${typePhrase(value)}: it takes true or false.`);
      }
      return !decisive;
    },
  };
}

function calculating(calculate: (a: number, b: number) => number): Method {
  return {
    min: 1,
    max: Number.POSITIVE_INFINITY,
    args: ['number'],
    input: ['number'],
    apply(input, args, dollar, frame, site) {
      if (typeof input !== 'number')
        return missing(frame, site, `needs a number, and got ${typePhrase(input)}.`);
      let result = input;
      for (const arg of args as readonly Evaluate[]) {
        const value = arg(input, dollar, frame);
        if (typeof value !== 'number') return missing(frame, site, 'needs numbers only.');
        result = calculate(result, value);
      }
      return Number.isFinite(result) ? result : missing(frame, site, 'has no finite result here.');
    },
  };
}
