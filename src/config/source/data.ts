import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Environment, substitute } from './environment.ts';
import { isMergeKey, keyName, mergedNodes } from './locate.ts';
import { plainScalar } from './plain-scalar.ts';
import type { SubstitutedScalar } from './source.ts';

const MAX_DEPTH = 100;
/** Values after aliases are followed: stops a file of a few lines from growing into gigabytes. */
const MAX_VALUES = 100_000;

export interface DataInput {
  readonly root: Node;
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** The whole file as written. */
  readonly text: string;
  readonly environment: Environment;
  unmask(text: string): string;
}

export interface Data {
  readonly value: unknown;
  readonly substituted: ReadonlyMap<Scalar, SubstitutedScalar>;
  /** Parts that a fault left without their value. */
  readonly broken: ReadonlySet<Node>;
  readonly faults: readonly Fault[];
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

class TooMuch extends Error {}

/** A YAML tree → plain data, with environment variables put in. Each fault is told once, where it stands. */
export function toData(input: DataInput): Data {
  const conversion = new Conversion(input);
  let value: unknown;
  try {
    value = conversion.convert(input.root, 0);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
  }
  return {
    value,
    substituted: conversion.substituted,
    broken: conversion.broken,
    faults: [...conversion.faults.values()],
  };
}

class Conversion {
  readonly substituted = new Map<Scalar, SubstitutedScalar>();
  /** By offset and message: a value behind an alias is met several times. */
  readonly faults = new Map<string, Fault>();
  readonly broken = new Set<Node>();
  readonly #input: DataInput;
  readonly #open = new Set<Node>();
  /** The alias that was followed first, on the way to where the walk is now. */
  #alias: Alias | undefined;
  #values = 0;

  constructor(input: DataInput) {
    this.#input = input;
  }

  convert(node: Node | null, depth: number): unknown {
    if (node === null) return null;
    if (depth > MAX_DEPTH) this.#stop(node, `nested more than ${MAX_DEPTH} levels deep`);
    if (++this.#values > MAX_VALUES)
      this.#stop(node, `more than ${MAX_VALUES} values, counting what aliases repeat`);
    if (isAlias(node)) return this.#follow(node, depth);
    if (isScalar(node)) return this.#scalar(node);
    this.#open.add(node);
    try {
      if (isMap(node)) return this.#map(node, depth);
      if (isSeq(node))
        return (node as YAMLSeq<Node | null>).items.map((item) => this.convert(item, depth + 1));
      return undefined;
    } finally {
      this.#open.delete(node);
    }
  }

  #follow(alias: Alias, depth: number): unknown {
    const target = this.#input.aliases.get(alias);
    if (target === undefined) {
      this.broken.add(alias);
      this.#fault(alias, `there is no anchor &${alias.source} before this alias`);
      return undefined;
    }
    if (this.#open.has(target))
      this.#stop(alias, `the alias *${alias.source} stands inside of what it repeats`);
    const outermost = this.#alias;
    this.#alias ??= alias;
    const value = this.convert(target, depth + 1);
    this.#alias = outermost;
    return value;
  }

  #map(map: YAMLMap, depth: number): unknown {
    const result: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const pair of map.items) {
      const key = pair.key as Node;
      const name = keyName(pair);
      const fault = name === undefined ? 'a key must be plain text' : this.#keyFault(name, seen);
      if (name === undefined || fault !== undefined) {
        this.#fault(key ?? map, fault ?? '');
        continue;
      }
      seen.add(name);
      if (!isMergeKey(pair))
        result[this.#input.unmask(name)] = this.convert(pair.value as Node | null, depth + 1);
    }
    // What the map says itself wins over what it takes from others, and the first of those over the next.
    for (const other of mergedNodes(map)) {
      for (const [name, value] of Object.entries(this.#merged(other, depth))) {
        if (!Object.hasOwn(result, name)) result[name] = value;
      }
    }
    return result;
  }

  #keyFault(name: string, seen: ReadonlySet<string>): string | undefined {
    if (name === '__proto__') return 'this name cannot be used as a key';
    if (seen.has(name)) return `the key "${name}" is given twice in the same place; keep one`;
    if (this.#input.unmask(name).includes('${')) return 'environment variables go into values, not into keys';
    return undefined;
  }

  #merged(node: Node, depth: number): object {
    const value = this.convert(node, depth + 1);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    if (value !== undefined || !isAlias(node)) {
      this.#fault(node, '`<<` takes in a map, or a list of maps: `<<: *name`');
    }
    return {};
  }

  #scalar(scalar: Scalar): unknown {
    if (typeof scalar.value !== 'string') return scalar.value;
    const written = this.#input.unmask(scalar.value);
    if (!written.includes('${')) return written;
    const { text, names, problems } = substitute(written, this.#input.environment);
    if (problems.length > 0) this.broken.add(scalar);
    for (const { reference, message } of problems) this.#faultAt(this.#find(scalar, reference), message);
    if (names.length === 0) return text;
    this.substituted.set(scalar, { text, names });
    return scalar.type === 'PLAIN' ? plainScalar(text) : text;
  }

  /** Where a piece of a scalar stands in the file; the scalar's start if it is spelt otherwise there. */
  #find(scalar: Scalar, piece: string): number {
    const [start, end] = scalar.range ?? [0, 0];
    const at = this.#input.text.indexOf(piece, start);
    return at === -1 || at >= end ? start : at;
  }

  #fault(node: Node, message: string): void {
    this.#faultAt(node.range?.[0] ?? 0, message);
  }

  #faultAt(offset: number, message: string): void {
    this.faults.set(`${offset} ${message}`, { offset, message });
  }

  #stop(node: Node, message: string): never {
    this.#fault(this.#alias ?? node, message);
    throw new TooMuch();
  }
}
