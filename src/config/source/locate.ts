import type { Alias, Document } from 'yaml';
import { isMap, isPair, isScalar, isSeq, type Node, type Pair, type Scalar, visit, type YAMLMap } from 'yaml';
import type { Path } from './source.ts';

/** The part of a document that a path leads to. */
export interface Located {
  readonly node: Node;
  /** The key's node, if the last step was a key of a map. */
  readonly key: Node | undefined;
  /** False if the path ends before the value: then this is the last part that there is. */
  readonly found: boolean;
}

/** Each alias with the node it stands for: the last one before it with that anchor (YAML 1.2, 7.1). */
export function resolveAliases(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Name of a map's key; undefined for a key that is no scalar. */
export function keyName(pair: Pair): string | undefined {
  const key = pair.key;
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/** Follows a path, through aliases, as far as it goes. */
export function locate(root: Node, path: Path, aliases: ReadonlyMap<Alias, Node>): Located {
  let current: Located = { node: root, key: undefined, found: true };
  for (const step of path) {
    const next = child(aliases.get(current.node as Alias) ?? current.node, step, aliases);
    if (next === undefined) return { ...current, found: false };
    current = { ...next, found: true };
  }
  return current;
}

/** `<<`, written without quotes: the map takes in what another one says (YAML's merge key). */
export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<';
}

/** What a map takes in by `<<`, the nearest first. */
export function mergedNodes(map: YAMLMap): Node[] {
  return map.items
    .filter((pair) => isMergeKey(pair))
    .flatMap(({ key, value }) => (isSeq(value) ? (value.items as Node[]) : [(value ?? key) as Node]));
}

interface Child {
  readonly node: Node;
  readonly key: Node | undefined;
}

function child(node: Node, step: string | number, aliases: ReadonlyMap<Alias, Node>): Child | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && keyName(item) === String(step));
    if (pair === undefined || isMergeKey(pair)) return mergedChild(node, step, aliases);
    const key = pair.key as Scalar;
    return { node: (pair.value as Node | null) ?? key, key };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step] as Node | undefined;
    return item === undefined ? undefined : { node: item, key: undefined };
  }
  return undefined;
}

function mergedChild(
  map: YAMLMap,
  step: string | number,
  aliases: ReadonlyMap<Alias, Node>,
): Child | undefined {
  for (const other of mergedNodes(map)) {
    const found = child(aliases.get(other as Alias) ?? other, step, aliases);
    if (found !== undefined) return found;
  }
  return undefined;
}
