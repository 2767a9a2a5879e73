import type { PlannedCall, PlannedUse } from '../plan/plan-context.ts';
import { ASSUMED_SIZE } from './list-size.ts';
import { amountOf, type Place, type VariableValues } from './place.ts';
import { itemsOf } from './weigh.ts';

/**
 * How often a plan's calls are made at the most, each by its place in the list, if no list is longer than it says.
 * Calls that ask no service are counted as 0. Throws BAD_USER_INPUT as `listSizeOf` does.
 */
export function countCalls(
  calls: readonly PlannedCall[],
  root: Place,
  variables: VariableValues,
): readonly number[] {
  const counter = new CallCounter(calls, (place) => objectsAt(root, place, variables));
  return calls.map((call, number) => (call.connector.request === undefined ? 0 : counter.timesOf(number)));
}

/**
 * Calls that it takes to fetch so many objects in batches. The keys become known in so many groups, since several
 * answers bring them, and each group may leave a batch that is not full.
 */
export function batchesFor(objects: number, groups: number, size: number | undefined): number {
  if (size === undefined) return Math.min(objects, groups);
  return Math.min(objects, Math.floor((objects + groups * (size - 1)) / size));
}

class CallCounter {
  readonly #calls: readonly PlannedCall[];
  readonly #objectsAt: (place: string) => number;
  readonly #known = new Map<PlannedUse, number>();

  constructor(calls: readonly PlannedCall[], objectsAt: (place: string) => number) {
    this.#calls = calls;
    this.#objectsAt = objectsAt;
  }

  timesOf(number: number): number {
    const call = this.#calls[number] as PlannedCall;
    const { connector, uses, times } = call;
    if (times !== 'batch') return sum(uses.map((use) => this.#timesAt(call, use)));
    const objects = sum(uses.map(({ place }) => this.#objectsAt(place)));
    return batchesFor(objects, sum(uses.map((use) => this.#groupsAt(use))), connector.maxBatch);
  }

  /** At one of its places alone. */
  #timesAt({ connector }: PlannedCall, use: PlannedUse): number {
    const known = this.#known.get(use);
    if (known !== undefined) return known;
    const objects = use.times === 'once' ? 1 : this.#objectsAt(use.place);
    // No call waits for itself; should it seem so, each object may come alone.
    this.#known.set(use, objects);
    const times =
      use.times === 'batch' ? batchesFor(objects, this.#groupsAt(use), connector.maxBatch) : objects;
    this.#known.set(use, times);
    return times;
  }

  /** Answers that may each bring some of the objects that stand there: of the calls on the way to it. */
  #groupsAt({ place, after }: PlannedUse): number {
    const answers = after.map((number) => {
      const call = this.#calls[number] as PlannedCall;
      return sum(
        call.uses.filter((use) => isOnTheWay(use.place, place)).map((use) => this.#timesAt(call, use)),
      );
    });
    return Math.max(1, sum(answers));
  }
}

/** `posts[]` is on the way to `posts[].author`, and to itself. */
function isOnTheWay(above: string, place: string): boolean {
  return (
    place.startsWith(above) && (place.length === above.length || '.['.includes(place.charAt(above.length)))
  );
}

/** Objects at a place that is written like `posts[].author`: as many as the lists on the way to it have items. */
function objectsAt(root: Place, place: string, variables: VariableValues): number {
  let objects = 1;
  let places: readonly Place[] = [root];
  for (const step of place.split('.')) {
    const name = step.replace(/(\[\])+$/, '');
    const lists = (step.length - name.length) / 2;
    const fields = places.flatMap(({ fields }) => fields.filter(({ key }) => key === name));
    const items = fields.map((field) =>
      lists === field.levels ? itemsOf(field, variables) : sizeOf(field, lists, variables),
    );
    objects *= items.reduce((a, b) => Math.max(a, b), 0);
    places = fields.flatMap(({ below }) => below);
  }
  return objects;
}

/** Of lists within lists only some are on the way: a call may be made for a field that is a list as a whole. */
function sizeOf({ size }: Place['fields'][number], lists: number, variables: VariableValues): number {
  return lists === 0 ? 1 : amountOf(size, variables) * ASSUMED_SIZE ** (lists - 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
