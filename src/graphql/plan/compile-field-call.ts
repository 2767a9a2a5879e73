import type { FieldNode } from 'graphql';
import type { Connector } from '../../blueprint/blueprint.ts';
import type { Variables } from '../../connect/mapping/mapping.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { valueAt } from '../provided.ts';
import { mayBeAbsent } from '../resolve-field.ts';
import { neededConnectors } from '../selection.ts';
import { askedPaths, thisPaths } from '../way.ts';
import { compileObjectOf } from './compile-steps.ts';
import {
  compileBothForms,
  compileMissing,
  type FieldParts,
  type FieldPlan,
  writeAbsent,
} from './field-parts.ts';
import type { FieldCallState, Loaded } from './loads.ts';
import { notPlanned, OutOfPlan } from './out-of-plan.ts';
import type { PlanRun } from './plan-run.ts';
import { placeName, ROOT } from './position.ts';
import type { Text } from './site.ts';
import type { Source } from './source.ts';

/** What the call of a field is made with, for one object. */
interface Input {
  readonly inputs: Variables;
  /** Equal for equal inputs. */
  readonly text: string;
}

/** Plans a field that has a connector of its own. */
export function compileFieldCall(parts: FieldParts): FieldPlan {
  const { key, field, steps, ground, fallback, own } = parts;
  const connector = onlyConnector(parts);
  const waits = steps.of(key);
  const slot = parts.context.nextCallSlot();
  const inputOf = compileInput(parts, connector, waits);
  const view = connector.selection.view?.view;
  const call = addCall(parts, connector, waits);
  const source: Source = {
    view,
    shape: connector.provides,
    producer: connector,
    kind: 'mapped',
    sure: true,
    call,
  };
  const forms = compileBothForms(parts, source, (of) => ({
    property: undefined,
    read: (raw) => raw,
    source: of,
    literal: false,
  }));
  const missing = compileMissing(parts);
  const below = forms.first.plan.collect !== undefined || fallback?.plan.collect !== undefined;
  const endsAll = own.reachesRoot && fallback === undefined;
  const ask = compileAsk(parts, connector, (call, run) => {
    // Nobody waits for the other calls any more; the general executor ends them, and knows the whole path.
    if (endsAll && call.state === 'failed' && run.pending.hasOthers)
      throw new OutOfPlan('Null reaches the root', false);
    if (!below || run.pending.isOver) return;
    if (call.state === 'answered' && isUsable(call, field))
      forms.of(call.viewed).plan.collect?.(call.value, run);
    else fallback?.plan.collect?.(fallback.value, run);
  });
  return {
    key,
    waits,
    collect(raw, loads, run) {
      if (waits.some((number) => !isGround(loads[number] as Loaded, ground.isUsable))) {
        fallback?.plan.collect?.(fallback.value, run);
        return;
      }
      if (lackingAfter(parts, connector, waits, loads) !== undefined) return;
      const input = inputOf(raw, loads, run);
      if (input !== undefined && run.findCall(slot, input.text) === undefined)
        ask(run.addCall(slot, input.text), input, run);
    },
    write(raw, loads, run) {
      const blamed = ground.check(waits, loads, run);
      if (blamed !== undefined) return blamed.text;
      const absent = lackingAfter(parts, connector, waits, loads);
      if (absent !== undefined) return writeAbsent(parts, absent, run);
      const input = inputOf(raw, loads, run);
      if (input === undefined) return missing.write(undefined, run);
      const call = run.findCall(slot, input.text);
      if (call === undefined) throw new OutOfPlan('A call was not made', false);
      return writeCall(parts, call, run, (viewed) => forms.of(viewed).plan.write(call.value, run));
    },
    ofKeyAlone: false,
    ofPartAlone: false,
  };
}

function addCall(
  { context, source, steps, own }: FieldParts,
  connector: Connector,
  waits: readonly number[],
): number {
  const usesThis = thisPaths(connector).length > 0;
  const before = waits.map((number) => (steps.list[number] as (typeof steps.list)[number]).call);
  const after = source.call === undefined ? before : [source.call, ...before];
  const times = usesThis && own.position.slot > 0 ? 'each' : 'once';
  return context.addCall(connector, { place: placeName(own.position), times, after });
}

function onlyConnector({ field, below }: FieldParts): Connector {
  const [connector, ...others] = neededConnectors(field, below);
  if (connector === undefined || others.length > 0)
    throw notPlanned(`${field.coordinate} is put together from several answers`);
  return connector;
}

/** What the call is made with; undefined if all that it would say of the object is null: it would ask for something else. */
function compileInput(
  { context, field, nodes, steps, site }: FieldParts,
  connector: Connector,
  waits: readonly number[],
): (raw: JsonObject, loads: readonly Loaded[], run: PlanRun) => Input | undefined {
  const args = context.argumentSlot(field, nodes[0] as FieldNode);
  const isRoot = site.position === ROOT;
  const paths = thisPaths(connector);
  if (isRoot || paths.length === 0) {
    return (_raw, _loads, run) => {
      const $args = run.argumentsAt(args);
      return { inputs: isRoot ? { $args } : { $args, $this: {} }, text: '' };
    };
  }
  const asked = askedPaths(connector);
  const thisOf = compileObjectOf(paths, (path) => steps.reader(path, waits));
  return (raw, loads, run) => {
    const $this = thisOf(raw, loads);
    if (asked.length > 0 && asked.every((path) => (valueAt($this, path) ?? null) === null)) return undefined;
    return { inputs: { $args: run.argumentsAt(args), $this }, text: JSON.stringify($this) };
  };
}

/** Makes the call, and looks at its answer. */
function compileAsk(
  { field }: FieldParts,
  connector: Connector,
  look: (call: FieldCallState, run: PlanRun) => void,
): (call: FieldCallState, input: Input, run: PlanRun) => void {
  const options = { mutates: field.mutates, mayBeAbsent: mayBeAbsent(field, connector) };
  const asker = {};
  return (call, { inputs, text }, run) => {
    const { operation } = run;
    run.pending.begin();
    operation.callRaw(connector, { inputs, ...options, stale: operation.compiled.staleOf(connector) }).then(
      (answer) =>
        run.pending.end(() => {
          const { value, view, stale } = answer;
          run.basis.answered(asker, text, answer);
          call.value = value;
          call.viewed = view !== undefined;
          call.stale = stale;
          call.state = 'answered';
          look(call, run);
        }),
      (error: unknown) =>
        run.pending.end(() => {
          run.basis.failed();
          call.error = error;
          call.state = 'failed';
          look(call, run);
        }),
    );
  };
}

function isUsable({ stale }: FieldCallState, { fallback }: FieldParts['field']): boolean {
  return stale === undefined || stale.age <= (fallback?.stale ?? 0);
}

function isGround(loaded: Loaded, usable: FieldParts['ground']['isUsable']): boolean {
  return loaded.kind === 'absent' || (loaded.kind === 'part' && usable(loaded));
}

/** The connector that says that there is no such object, if the call would need something of that. */
function lackingAfter(
  { steps }: FieldParts,
  connector: Connector,
  waits: readonly number[],
  loads: readonly Loaded[],
): Connector | undefined {
  const absent = waits.find((number) => loads[number]?.kind === 'absent');
  if (absent === undefined) return undefined;
  const others = waits.filter((number) => loads[number]?.kind === 'part');
  const lacks = thisPaths(connector).some(
    (path) => !steps.has(path) && !others.some((number) => steps.givenBy(number, path)),
  );
  return lacks ? (steps.list[absent] as (typeof steps.list)[number]).way.connector : undefined;
}

function writeCall(
  { field, own }: FieldParts,
  call: FieldCallState,
  run: PlanRun,
  write: (viewed: boolean) => Text,
): Text {
  if (call.state === 'failed') return own.fail(call.error, run);
  const { stale } = call;
  if (stale !== undefined) {
    if (!isUsable(call, field)) return own.fail(stale.failure, run);
    run.noteFallback(own.position, 'stale', stale.failure);
  }
  return write(call.viewed);
}
