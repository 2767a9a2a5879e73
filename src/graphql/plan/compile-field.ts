import { type FieldNode, isNonNullType, isScalarType, isSpecifiedScalarType } from 'graphql';
import type { GatewayError } from '../../kernel/error.ts';
import { isCallFailure } from '../call-error.ts';
import type { CompiledField } from '../compile-schema.ts';
import { compileFieldCall } from './compile-field-call.ts';
import { partSource, type Steps } from './compile-steps.ts';
import {
  compileBothForms,
  compileMissing,
  compileOwnValue,
  type FieldParts,
  type FieldPlace,
  type FieldPlan,
  writeAbsent,
} from './field-parts.ts';
import { compileGround } from './ground.ts';
import type { Loaded } from './loads.ts';
import { notPlanned } from './out-of-plan.ts';
import { type PlanContext, usesVariables } from './plan-context.ts';
import type { PlanRun } from './plan-run.ts';
import { fieldPosition, ROOT } from './position.ts';
import { createSite, type Site, type Text } from './site.ts';
import { accessField, FALLBACK } from './source.ts';

export function compileFields(place: FieldPlace): FieldPlan[] {
  return [...place.selection.nodesOn(place.type)].map(([key, nodes]) => compileField(place, key, nodes));
}

function compileField(place: FieldPlace, key: string, nodes: readonly FieldNode[]): FieldPlan {
  const { context, type } = place;
  const name = nodes[0]?.name.value as string;
  if (name === '__typename') return constant(key, () => JSON.stringify(type.name));
  const field = context.compiled.field(type, name);
  if (field === undefined) throw notPlanned('The operation asks for the schema itself');
  if (field.custom !== undefined) throw notPlanned(`${field.coordinate} has a resolver of its own`);
  const nullable = !isNonNullType(field.definition.type);
  const { position } = place.site;
  const around = position === ROOT ? undefined : place.site;
  const site = createSite(fieldPosition(position, key), nodes, nullable, around);
  const refused = context.refusal(field);
  const check = compileArgumentCheck(context, field, nodes);
  if (refused !== undefined) return check(constant(key, (run) => site.fail(refused, run)));
  // Who only looks at the plan wants to know what is called while the limit is not reached.
  if (field.limits.length > 0 && !context.whole) throw notPlanned(`${field.coordinate} has a limit`);
  const parts = partsOf({ ...place, key, nodes, field, below: place.selection.below(nodes) }, site);
  return check(field.connectors.length > 0 ? compileFieldCall(parts) : compileRead(parts));
}

function constant(key: string, write: (run: PlanRun) => Text): FieldPlan {
  return {
    key,
    waits: [],
    collect: undefined,
    write: (_raw, _loads, run) => write(run),
    ofKeyAlone: true,
    ofPartAlone: true,
  };
}

function partsOf(
  base: FieldPlace & Pick<FieldParts, 'key' | 'nodes' | 'field' | 'below'>,
  site: Site,
): FieldParts {
  const { field, context, compileValue, below } = base;
  const value = field.fallback?.value;
  const ground = (own: Site) => compileGround({ ...base, own });
  if (value === undefined) return { ...base, own: site, fallback: undefined, ground: ground(site) };
  const plan = compileValue(
    { context, compileValue, field, selection: below },
    field.definition.type,
    FALLBACK,
    site,
  );
  const own: Site = {
    ...site,
    fail(error, run) {
      if (!isCallFailure(error)) return site.fail(error, run);
      run.noteFallback(site.position, 'value', error as GatewayError);
      return plan.write(value, run);
    },
  };
  return { ...base, own, fallback: { value, plan }, ground: ground(own) };
}

/** Also where arguments mean nothing, what is wrong with them is told, and before anything else is. */
function compileArgumentCheck(
  context: PlanContext,
  field: CompiledField,
  nodes: readonly FieldNode[],
): (plan: FieldPlan) => FieldPlan {
  const node = nodes[0] as FieldNode;
  if (!usesVariables(node)) return (plan) => plan;
  const slot = context.argumentSlot(field, node);
  return (plan) => ({
    ...plan,
    write(raw, loads, run) {
      run.argumentsAt(slot);
      return plan.write(raw, loads, run);
    },
  });
}

function compileRead(parts: FieldParts): FieldPlan {
  const waits = parts.steps.of(parts.key);
  if (waits.length > 1) throw notPlanned('One value is put together from several answers');
  return waits.length === 0 ? readHere(parts) : readPart(parts, waits);
}

/** The object has it already. */
function readHere(parts: FieldParts): FieldPlan {
  const { key, field, source, steps } = parts;
  const access = accessField(source, field.name);
  const plan = access === undefined ? compileMissing(parts) : compileOwnValue(parts, access.source);
  const { collect, write } = plan;
  const property = access?.property;
  const read = access?.read ?? (() => undefined);
  return {
    key,
    waits: [],
    collect: collect && ((raw, _loads, run) => collect(read(raw), run)),
    write:
      property === undefined
        ? (raw, _loads, run) => write(read(raw), run)
        : (raw, _loads, run) => write(raw[property], run),
    ofKeyAlone: isKeyField(parts) || steps.list.length === 0,
    ofPartAlone: false,
  };
}

/** A field by which the object is fetched: equal for equal keys, as long as its text is made by the specification. */
function isKeyField({ steps, field }: FieldParts): boolean {
  const type = field.definition.type;
  const named = isNonNullType(type) ? type.ofType : type;
  const isPlain = isScalarType(named) && isSpecifiedScalarType(named);
  return (
    isPlain &&
    steps.list.every(({ way }) => way.key.some((path) => path.length === 1 && path[0] === field.name))
  );
}

/** It comes with what one step fetches. */
function readPart(parts: FieldParts, waits: readonly number[]): FieldPlan {
  const { key, field, steps, ground, fallback, own } = parts;
  const [number] = waits as readonly [number];
  const { way, call } = steps.list[number] as Steps['list'][number];
  const forms = compileBothForms(parts, partSource(way, true, call), (source) =>
    accessField(source, field.name),
  );
  const below = forms.first.plan.collect;
  return {
    key,
    waits,
    collect:
      below === undefined && fallback?.plan.collect === undefined
        ? undefined
        : (_raw, loads, run) => {
            const loaded = loads[number] as Loaded;
            if (loaded.kind === 'part' && ground.isUsable(loaded)) {
              const { read, plan } = forms.of(loaded.viewed);
              plan.collect?.(read(loaded.raw), run);
            } else if (fallback !== undefined && loaded.kind !== 'absent') {
              fallback.plan.collect?.(fallback.value, run);
            }
          },
    write(_raw, loads, run) {
      const loaded = loads[number] as Loaded;
      if (loaded.kind === 'absent') return writeAbsent(parts, way.connector, run);
      if (loaded.kind === 'failed' || loaded.stale !== undefined) {
        const blamed = ground.check(waits, loads, run);
        if (blamed !== undefined) return blamed.text;
      }
      if (loaded.kind === 'failed') return own.none;
      const { read, plan } = forms.of(loaded.viewed);
      return plan.write(read(loaded.raw), run);
    },
    ofKeyAlone: true,
    ofPartAlone: true,
  };
}
