import { type Choice, happens, pickOf } from './choice.ts';
import { type FieldModel, isList, type ObjectModel, type TypeExpression, type Wire } from './schema-model.ts';
import { bareKey } from './select-type.ts';

/** The named type with `!` and lists around it, in one of ten ways; as it is for 0 and from 11 on. */
export function wrap(way: number, named: string): TypeExpression {
  const bare = (nonNull: boolean): TypeExpression => ({ named, nonNull });
  const list = (item: TypeExpression, nonNull: boolean): TypeExpression => ({ item, nonNull });
  switch (way) {
    case 1:
    case 2:
      return bare(true);
    case 3:
    case 4:
    case 11:
    case 12:
      return list(bare(false), false);
    case 5:
      return list(bare(true), true);
    case 6:
      return list(bare(true), false);
    case 7:
      return list(bare(false), true);
    case 8:
      return list(list(bare(false), false), false);
    case 9:
      return list(list(bare(true), true), true);
    case 10:
      return list(list(bare(true), false), false);
    default:
      return bare(false);
  }
}

/** How the field may stand in an answer, as far as a mapping can be written for it. */
export function pickWire(
  made: Choice,
  of: FieldModel['of'],
  type: TypeExpression,
  entity: ObjectModel | undefined,
): Wire {
  const common: Wire[] = ['plain', 'alias', 'path', 'spread'];
  if (of === 'leaf') {
    const special: Wire[] = isList(type) ? ['map'] : ['context'];
    return pickOf(made, 1, [...common, ...common, 'coalesce', 'first', 'match', 'literal', ...special]);
  }
  if (of === 'abstract') return pickOf(made, 1, common);
  if (isList(type)) {
    const bare = of === 'entity' && bareKey(entity) !== undefined && !isList(type.item);
    return pickOf<Wire>(made, 1, bare ? [...common, 'map', 'map'] : common);
  }
  const flat = of === 'plain' || bareKey(entity) !== undefined;
  return pickOf<Wire>(made, 1, flat ? [...common, 'first', 'flat', 'flat', 'flat'] : [...common, 'first']);
}

/** Who may see it, if that is decided so in `percent` of cases; else nothing. */
export function policyOf(made: Choice, about: number, percent = 100): string {
  if (!happens(made, about, percent)) return '';
  return pickOf(made, about + 1, [
    '@authenticated',
    '@requiresScopes(scopes: [["a"]])',
    '@requiresScopes(scopes: [["b", "c"], ["a"]])',
    '@requiresRoles(roles: ["x"])',
    '@requiresRoles(roles: ["x", "y"])',
  ]);
}
