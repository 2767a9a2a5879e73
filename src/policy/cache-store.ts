import { LRUCache } from 'lru-cache';

/** Where an answer is kept: under its resource, for requests whose headers of these names have these values. */
export interface Place {
  /** What identifies the resource within the store. */
  readonly uri: string;
  /** Lower-case names, sorted. */
  readonly names: readonly string[];
  /** Equal for equal values of all of them. */
  readonly selected: string;
}

/** Nothing is kept of that resource, or only what was chosen by other headers; in the words of RFC 9211. */
export type Miss = 'uri-miss' | 'vary-miss';

/** Where answers are kept: in this process, or in something that several processes share. */
export interface CacheStore<E> {
  /** The newest entry for a request; `select` gives the text of its values for the names that entries were chosen by. */
  find(uri: string, select: (names: readonly string[]) => string): E | Miss | Promise<E | Miss>;
  /** Keeps an entry of so many bytes, in place of the one that is there. */
  put(place: Place, entry: E, size: number): void;
  remove(place: Place): void;
  /** Forgets all that is kept of a resource. */
  removeAll(uri: string): void;
}

/** Lists of names that entries of one resource may be chosen by, at a time: a service has one or two. */
const MOST_KINDS = 8;

interface Slot<E> {
  readonly entry: E;
  readonly kind: Kind;
  /** Grows with each entry. */
  readonly serial: number;
}

/** The entries of a resource that were chosen by the same names. */
interface Kind {
  readonly uri: string;
  readonly names: readonly string[];
  /** What their keys begin with. */
  readonly prefix: string;
  readonly keys: Set<string>;
}

/** A store in this process, bounded in bytes; the least recently used entries go first. */
export class MemoryStore<E> implements CacheStore<E> {
  readonly #capacity: number;
  readonly #slots: LRUCache<string, Slot<E>>;
  readonly #kinds = new Map<string, Kind[]>();
  #serial = 0;

  /** `capacity`: bytes of all entries together; one of more than half of it is not kept. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#slots = new LRUCache({
      maxSize: capacity,
      dispose: (slot, key, reason) => {
        if (reason !== 'set') this.#forget(slot.kind, key);
      },
    });
  }

  find(uri: string, select: (names: readonly string[]) => string): E | Miss {
    const kinds = this.#kinds.get(uri);
    if (kinds === undefined) return 'uri-miss';
    let newest: Slot<E> | undefined;
    for (const kind of kinds) {
      const slot = this.#slots.get(kind.prefix + select(kind.names));
      if (slot !== undefined && (newest === undefined || slot.serial > newest.serial)) newest = slot;
    }
    return newest === undefined ? 'vary-miss' : newest.entry;
  }

  put({ uri, names, selected }: Place, entry: E, size: number): void {
    if (size + uri.length + selected.length > this.#capacity / 2) return;
    const kind = this.#kind(uri, names);
    const key = kind.prefix + selected;
    kind.keys.add(key);
    this.#slots.set(key, { entry, kind, serial: this.#serial++ }, { size: size + key.length });
  }

  remove({ uri, names, selected }: Place): void {
    this.#slots.delete(prefixOf(uri, names) + selected);
  }

  removeAll(uri: string): void {
    // Copies: what is deleted takes itself out of the lists.
    for (const kind of [...(this.#kinds.get(uri) ?? [])]) {
      for (const key of [...kind.keys]) this.#slots.delete(key);
    }
  }

  #kind(uri: string, names: readonly string[]): Kind {
    const prefix = prefixOf(uri, names);
    const known = this.#kinds.get(uri)?.find((kind) => kind.prefix === prefix);
    if (known) return known;
    // A service that names other headers each time would make every look-up longer than the last.
    if ((this.#kinds.get(uri)?.length ?? 0) >= MOST_KINDS) this.removeAll(uri);
    const kind = { uri, names, prefix, keys: new Set<string>() };
    const kinds = this.#kinds.get(uri);
    if (kinds) kinds.push(kind);
    else this.#kinds.set(uri, [kind]);
    return kind;
  }

  #forget(kind: Kind, key: string): void {
    kind.keys.delete(key);
    const kinds = this.#kinds.get(kind.uri);
    if (kind.keys.size > 0 || !kinds) return;
    const left = kinds.filter((other) => other !== kind);
    if (left.length > 0) this.#kinds.set(kind.uri, left);
    else this.#kinds.delete(kind.uri);
  }
}

/** No part can hold a line feed, so that they can't run into each other. */
function prefixOf(uri: string, names: readonly string[]): string {
  return `${uri}\n${names.join(',')}\n`;
}
