/**
 * A place of the answer, known before it is written: fields have their names, items of lists a slot in which their
 * number stands while the list is gone through. So nobody keeps track of paths while nothing goes wrong.
 */
export interface Position {
  readonly parent: Position | undefined;
  /** Undefined: an item of the list at `parent`. */
  readonly key: string | undefined;
  /** For an item: where its number stands; for a field: how many lists there are above it. */
  readonly slot: number;
}

/** `data` itself. */
export const ROOT: Position = { parent: undefined, key: undefined, slot: -1 };

export function fieldPosition(parent: Position, key: string): Position {
  return { parent, key, slot: slotBelow(parent) };
}

export function itemPosition(list: Position): Position {
  return { parent: list, key: undefined, slot: slotBelow(list) };
}

function slotBelow(parent: Position): number {
  return parent.key === undefined ? parent.slot + 1 : parent.slot;
}

/** The path from the root of `data`; `indices` holds the numbers of the items that are being written. */
export function pathAt(position: Position, indices: readonly number[]): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Position | undefined = position; at !== undefined && at !== ROOT; at = at.parent)
    path.push(at.key ?? (indices[at.slot] as number));
  return path.reverse();
}

/** The place for people: `posts[].author`. */
export function placeName(position: Position): string {
  const { parent, key } = position;
  if (parent === undefined) return '';
  const before = placeName(parent);
  if (key === undefined) return `${before}[]`;
  return before === '' ? key : `${before}.${key}`;
}
