import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { misfitOf, notList, notNull, notObject } from '../misfit.ts';
import { shapeOfItem } from '../provided.ts';
import { chooseType, unknownType } from '../resolve-type.ts';
import { compileLeaf } from './compile-leaf.ts';
import { compileObject, type ObjectPlan } from './compile-object.ts';
import type { PlanRun } from './plan-run.ts';
import { itemPosition } from './position.ts';
import { createSite, FAILED, type Site, type Text } from './site.ts';
import { accessField, buildValue, compileHollow, faultOf, narrow, type Source } from './source.ts';
import type { ValueField, ValuePlan } from './value-plan.ts';

/** See `CompileValue`. */
export function compileValue(of: ValueField, type: GraphQLOutputType, source: Source, site: Site): ValuePlan {
  const nullable = getNullableType(type);
  if (isLeafType(nullable)) return compileLeaf(of.field, nullable, source, site);
  if (isListType(nullable)) return compileList(of, nullable.ofType, source, site);
  return compileObjects(of, nullable, source, site);
}

function compileList(of: ValueField, itemType: GraphQLOutputType, source: Source, site: Site): ValuePlan {
  const { coordinate } = of.field;
  const position = itemPosition(site.position);
  const itemSite = createSite(position, site.nodes, !isNonNullType(itemType), site);
  const item = compileValue(of, itemType, { ...source, shape: shapeOfItem(source.shape) }, itemSite);
  const { slot } = position;
  const { collect, write } = item;
  const other = (raw: Json | undefined, run: PlanRun): Text => {
    const connector = faultOf(source, raw, of.field);
    const value = buildValue(source, raw);
    if ((value ?? null) !== null) return site.fail(misfitOf(connector, notList(coordinate)), run);
    return site.nullable ? site.none : site.fail(misfitOf(connector, notNull(coordinate)), run);
  };
  return {
    collect:
      collect &&
      ((value, run) => {
        if (Array.isArray(value)) for (const one of value) collect(one, run);
      }),
    write(value, run) {
      if (!Array.isArray(value)) return other(value, run);
      let text = '[';
      for (let i = 0; i < value.length; i++) {
        run.indices[slot] = i;
        const written = write(value[i], run);
        if (written === FAILED) return site.none;
        text += i === 0 ? written : `,${written}`;
      }
      return `${text}]`;
    },
  };
}

/** What is the same for all objects at one place, whatever their type. */
interface Gate {
  /** The object to look at; undefined: there is none. */
  readonly enter: (raw: Json | undefined) => JsonObject | undefined;
  /** Writes what is no object. */
  readonly refuse: (raw: Json | undefined, run: PlanRun) => Text;
  /** For what is no object, but may become one by mapping. */
  readonly mapped: (() => ValuePlan) | undefined;
}

function compileObjects(of: ValueField, type: GraphQLOutputType, source: Source, site: Site): ValuePlan {
  const gate = compileGate(of, type, source, site);
  const plan = isObjectType(type)
    ? compileObject(of, type, source, site)
    : compileAbstract(of, type, source, site);
  const { enter, refuse, mapped } = gate;
  const write: ValuePlan['write'] = (raw, run) => {
    const object = enter(raw);
    if (object !== undefined) return plan.write(object, run);
    return mapped === undefined || isJsonObject(raw) || raw === undefined
      ? refuse(raw, run)
      : mapped().write(buildValue(source, raw), run);
  };
  const { collect } = plan;
  return {
    write,
    collect:
      collect &&
      ((raw, run) => {
        const object = enter(raw);
        if (object !== undefined) collect(object, run);
        else if (mapped !== undefined && raw !== undefined && !isJsonObject(raw))
          mapped().collect?.(buildValue(source, raw), run);
      }),
  };
}

function compileGate(of: ValueField, type: GraphQLOutputType, source: Source, site: Site): Gate {
  const { field } = of;
  const isHollow = field.returnsEntity && source.kind === 'mapped' ? compileHollow(source) : undefined;
  let mapped: ValuePlan | undefined;
  const mayBecomeObject = source.view !== undefined && !source.view.pure;
  return {
    enter: (raw) => (isJsonObject(raw) && !isHollow?.(raw) ? raw : undefined),
    refuse(raw, run) {
      const connector = faultOf(source, raw, field);
      if (isJsonObject(raw) || (raw ?? null) === null)
        return site.nullable ? site.none : site.fail(misfitOf(connector, notNull(field.coordinate)), run);
      return site.fail(misfitOf(connector, notObject(field.coordinate)), run);
    },
    mapped: mayBecomeObject
      ? () => (mapped ??= compileObjects(of, type, { ...source, view: undefined }, site))
      : undefined,
  };
}

/** Objects of an interface or union: a plan for each type that turns up. */
function compileAbstract(of: ValueField, type: GraphQLOutputType, source: Source, site: Site): ObjectPlan {
  const possible = of.context.compiled.possibleTypes(type as GraphQLObjectType);
  const named = accessField(source, '__typename');
  const plans = new Map<GraphQLObjectType, ObjectPlan>();
  const planOf = (found: GraphQLObjectType): ObjectPlan => {
    let plan = plans.get(found);
    if (plan === undefined) {
      plan = compileObject(of, found, narrow(source, found.name), site);
      plans.set(found, plan);
    }
    return plan;
  };
  if (of.context.whole) for (const one of possible) planOf(one);
  const typeOf = (raw: JsonObject) => chooseType(named?.read(raw), possible);
  return {
    collect(raw, run) {
      const found = typeOf(raw);
      if (found !== undefined) planOf(found).collect?.(raw, run);
    },
    write(raw, run) {
      const found = typeOf(raw);
      if (found !== undefined) return planOf(found).write(raw, run);
      const error = unknownType(of.field.coordinate, named?.read(raw), source.producer);
      run.report(error, site.position, site.nodes);
      return site.none;
    },
  };
}
