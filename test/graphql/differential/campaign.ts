import fc from 'fast-check';
import { type Arena, type Bout, buildStage, type Contestants, createArena, type Stage } from './arena.ts';
import { several } from './choice.ts';
import { type DataSpec, dataSpec } from './generate-data.ts';
import {
  type GeneratedOperation,
  generateOperation,
  type OperationSpec,
  operationSpec,
} from './generate-operation.ts';
import { type SchemaSpec, schemaSpec } from './generate-schema.ts';
import type { Statistics } from './statistics.ts';

/** One world, and operations on it. */
interface Round {
  readonly schema: SchemaSpec;
  readonly data: DataSpec;
  readonly operations: readonly OperationSpec[];
}

export interface CampaignOptions extends Contestants {
  readonly worlds: number;
  /** At the most on each world; half as many on the average. */
  readonly operations: number;
  /** The same seed gives the same worlds and operations. */
  readonly seed: number;
  /** What is left of the differences that are of interest; without it, all. */
  readonly judge?: (bout: Bout) => readonly string[];
  readonly statistics?: Statistics;
  /** Milliseconds after which the search for a smaller counterexample ends. */
  readonly patience?: number;
  /** False: the first case will do, however large. */
  readonly shrink?: boolean;
}

/**
 * Runs generated operations on generated worlds by both executors. Resolves to undefined if they agree on all of them,
 * else to a description of the smallest case found in which they don't.
 */
export async function campaign(options: CampaignOptions): Promise<string | undefined> {
  const { worlds, operations, seed, statistics } = options;
  const round: fc.Arbitrary<Round> = fc.record({
    // In the order in which they are made smaller.
    operations: several(operationSpec, { minLength: 1, maxLength: operations }),
    data: dataSpec,
    schema: schemaSpec,
  });
  let shrinking = false;
  const property = fc.asyncProperty(round, async (one) => {
    const found = await play(one, options, shrinking ? undefined : statistics);
    shrinking ||= found !== undefined;
    return found === undefined;
  });
  const { failed, counterexample } = await fc.check(property, {
    numRuns: worlds,
    seed,
    interruptAfterTimeLimit: options.patience ?? 240_000,
    markInterruptAsFailure: true,
    endOnFailure: options.shrink === false,
  });
  if (!failed) return undefined;
  if (counterexample === null) return `No end after ${options.patience ?? 240_000} ms`;
  const found = await play(counterexample[0], options);
  return found === undefined
    ? `A difference that does not come again: ${fc.stringify(counterexample)}`
    : describe(found);
}

/** A smaller operation is looked for on the same stage, over and over. */
const stages = new WeakMap<SchemaSpec, Stage>();

function stageOf(spec: SchemaSpec): Stage {
  const stage = stages.get(spec) ?? buildStage(spec);
  stages.set(spec, stage);
  return stage;
}

interface Difference {
  readonly arena: Arena;
  readonly operation: GeneratedOperation;
  readonly bout: Bout;
  readonly told: readonly string[];
}

/** The first operation of the round on which the executors differ. */
async function play(
  { schema, data, operations }: Round,
  { judge = ({ differences }) => differences, ...contestants }: CampaignOptions,
  statistics?: Statistics,
): Promise<Difference | undefined> {
  const arena = createArena(stageOf(schema), data, contestants);
  statistics?.countWorld(arena);
  for (const spec of operations) {
    const operation = generateOperation(spec, arena.schema);
    const bout = await arena.fight(operation);
    statistics?.count(operation, bout);
    if (bout === undefined) continue;
    const told = judge(bout);
    if (told.length > 0) return { arena, operation, bout, told };
  }
  return undefined;
}

function describe({ arena, operation, bout, told }: Difference): string {
  const { text, variables, operationName, pace, principal, headers } = operation;
  return [
    ...told.map((one) => `! ${one}`),
    '--- schema',
    arena.sdl,
    '--- operation',
    text,
    JSON.stringify({ variables, operationName, pace, principal, headers }),
    '--- answers',
    ...arena.answers(bout),
    '--- general',
    shown(bout.general),
    '--- tested',
    shown(bout.tested),
  ].join('\n');
}

function shown({ outcome, rejection, calls }: Bout['general']): string {
  const errors = (outcome?.errors ?? []).map(
    ({ message, path }) => `  ${JSON.stringify(path ?? null)} ${message}`,
  );
  const fallbacks = (outcome?.fallbacks ?? []).map((note) => `  fallback ${JSON.stringify(note)}`);
  const made = calls.map((call) => `  call ${call}`);
  return [rejection ?? outcome?.data ?? 'no data', ...errors, ...fallbacks, ...made].join('\n');
}
