import { ASSUMED_SIZE } from './list-size.ts';
import { amountOf, type Place, type PlacedField, type VariableValues } from './place.ts';

/** What an operation costs by static analysis (cost specification, "Type Cost" and "Field Cost"). */
export interface Cost {
  /** Values that it may bring, each by its type's weight. */
  readonly type: number;
  /** Fields that are looked up, each by its weight and that of its arguments; a list is looked up once. */
  readonly field: number;
}

/** What is held against the limit: both costs have to keep to it. */
export function totalOf({ type, field }: Cost): number {
  return Math.max(type, field);
}

/**
 * The cost of all that is selected at a place and below it, for one object there. Of an object that may be of several
 * types each cost is that of the dearest one. Each place is looked at once, however many ways lead there. Throws
 * BAD_USER_INPUT as `listSizeOf` does.
 */
export function weigh(root: Place, variables: VariableValues): Cost {
  const known = new Map<Place, Cost>();
  const costOf = (place: Place): Cost => {
    const found = known.get(place);
    if (found !== undefined) return found;
    let type = place.weight;
    let field = 0;
    for (const one of place.fields) {
      field += amountOf(one.toll, variables);
      const items = itemsOf(one, variables);
      // Nothing times however much is nothing.
      if (items === 0) continue;
      const below = one.below.map(costOf);
      type +=
        items *
        greatest(
          below.map((cost) => cost.type),
          one.leafWeight,
        );
      field +=
        items *
        greatest(
          below.map((cost) => cost.field),
          0,
        );
    }
    const cost = { type: Math.max(0, type), field };
    known.set(place, cost);
    return cost;
  };
  return costOf(root);
}

/** Values that the field has for each object; of lists within lists only the outermost one's size is told. */
export function itemsOf({ levels, size }: PlacedField, variables: VariableValues): number {
  return levels === 0 ? 1 : amountOf(size, variables) * ASSUMED_SIZE ** (levels - 1);
}

function greatest(numbers: readonly number[], otherwise: number): number {
  return numbers.reduce((a, b) => Math.max(a, b), otherwise);
}
