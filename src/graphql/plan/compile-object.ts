import type { GraphQLObjectType } from 'graphql';
import type { JsonObject } from '../../kernel/json.ts';
import { compileFields } from './compile-field.ts';
import { compileSteps, failedBefore, loadsOf, type Steps } from './compile-steps.ts';
import type { FieldPlan } from './field-parts.ts';
import { type Loaded, NOBODY } from './loads.ts';
import type { PlanRun } from './plan-run.ts';
import { FAILED, type Site, type Text } from './site.ts';
import type { Source } from './source.ts';
import type { ValueField } from './value-plan.ts';

/** What a plan does with objects of one type at one place. */
export interface ObjectPlan {
  readonly collect: ((raw: JsonObject, run: PlanRun) => void) | undefined;
  readonly write: (raw: JsonObject, run: PlanRun) => Text;
}

/** Plans the objects of a type that come from one source. Throws `OutOfPlan` for what plans don't carry. */
export function compileObject(
  { context, compileValue, selection }: ValueField,
  type: GraphQLObjectType,
  source: Source,
  site: Site,
): ObjectPlan {
  const steps = compileSteps(context, type, source, selection, site.position);
  const fields = compileFields({ context, compileValue, type, source, selection, steps, site });
  return { collect: compileCollect(steps, fields), write: compileWrite(steps, fields, site) };
}

const NO_LOADS: readonly Loaded[] = [];

function compileWrite({ list }: Steps, fields: readonly FieldPlan[], site: Site): ObjectPlan['write'] {
  const prefixes = fields.map(({ key }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`);
  const writers = fields.map(({ write }) => write);
  const end = fields.length === 0 ? '{}' : '}';
  const writeFields = (raw: JsonObject, loads: readonly Loaded[], run: PlanRun): Text => {
    let text = '';
    for (let i = 0; i < writers.length; i++) {
      const written = (writers[i] as FieldPlan['write'])(raw, loads, run);
      if (written === FAILED) return site.none;
      text += prefixes[i] + written;
    }
    return text + end;
  };
  const [only] = list;
  if (only === undefined) return (raw, run) => writeFields(raw, NO_LOADS, run);
  if (list.length > 1 || !fields.every(({ ofKeyAlone }) => ofKeyAlone))
    return (raw, run) => writeFields(raw, loadsOf(list, raw, run), run);
  // The same author under many posts is written once.
  const place = {};
  return (raw, run) => {
    const load = run.loader.find(only, raw, NO_LOADS);
    // Objects without a whole key are not the same object, in no operation and for no caller.
    if (load === NOBODY) return writeFields(raw, loadsOf(list, raw, run), run);
    const known = load?.texts.get(place);
    if (known !== undefined) return known;
    const before = run.incidents;
    const text = writeFields(raw, loadsOf(list, raw, run), run);
    if (text !== FAILED && run.incidents === before) load?.texts.set(place, text);
    return text;
  };
}

function compileCollect({ list }: Steps, fields: readonly FieldPlan[]): ObjectPlan['collect'] {
  const collecting = fields.filter(({ collect }) => collect !== undefined);
  const atOnce = collecting.filter(({ waits }) => waits.length === 0);
  const later = collecting.filter(({ waits }) => waits.length > 0);
  if (list.length === 0 && atOnce.length === 0) return undefined;
  const ask = list.length === 0 ? undefined : compileAsking(list, later);
  return (raw, run) => {
    for (const { collect } of atOnce) collect?.(raw, NO_LOADS, run);
    ask?.(raw, run);
  };
}

/** Asks for what an object lacks, and goes on with its fields as soon as each has what it waits for. */
function compileAsking(
  list: Steps['list'],
  later: readonly FieldPlan[],
): (raw: JsonObject, run: PlanRun) => void {
  const place = {};
  const [only] = list;
  if (only !== undefined && list.length === 1) {
    const ofPartAlone = later.every((field) => field.ofPartAlone);
    return (raw, run) => {
      const load = run.loader.load(only, raw, NO_LOADS);
      if (later.length === 0 || (ofPartAlone && load !== NOBODY && !load.isNewTo(place))) return;
      load.whenDone(() => {
        if (run.pending.isOver) return;
        for (const { collect } of later) collect?.(raw, [load.result as Loaded], run);
      });
    };
  }
  return (raw, run) => new Asking(list, later, raw, run).start();
}

/** The calls for one object, where there are several. */
class Asking {
  readonly #steps: Steps['list'];
  readonly #later: readonly FieldPlan[];
  readonly #raw: JsonObject;
  readonly #run: PlanRun;
  readonly #loads: (Loaded | undefined)[];

  constructor(steps: Steps['list'], later: readonly FieldPlan[], raw: JsonObject, run: PlanRun) {
    this.#steps = steps;
    this.#later = later;
    this.#raw = raw;
    this.#run = run;
    this.#loads = steps.map(() => undefined);
  }

  start(): void {
    for (const [number, { after }] of this.#steps.entries()) if (after.length === 0) this.#ask(number);
  }

  #ask(number: number): void {
    const step = this.#steps[number] as Steps['list'][number];
    const broken = failedBefore(step, this.#loads);
    if (broken !== undefined) {
      this.#done(number, broken);
      return;
    }
    const load = this.#run.loader.load(step, this.#raw, this.#loads);
    load.whenDone(() => this.#done(number, load.result as Loaded));
  }

  #done(number: number, loaded: Loaded): void {
    if (this.#run.pending.isOver) return;
    this.#loads[number] = loaded;
    const isReady = (needs: readonly number[]) =>
      needs.includes(number) && needs.every((one) => this.#loads[one] !== undefined);
    for (const [other, { after }] of this.#steps.entries()) if (isReady(after)) this.#ask(other);
    for (const { waits, collect } of this.#later) {
      if (isReady(waits)) collect?.(this.#raw, this.#loads as readonly Loaded[], this.#run);
    }
  }
}
