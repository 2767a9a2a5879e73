import { type DocumentNode, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import { type CompiledSchema, compileSchema } from '../../../src/graphql/compile-schema.ts';
import type { OperationExecutor } from '../../../src/graphql/executor.ts';
import type { OperationHost } from '../../../src/graphql/operation.ts';
import { buildGood } from '../../support/build-blueprint.ts';
import { differences, type Observation } from './compare.ts';
import type { CreateExecutor } from './executor-pair.ts';
import type { DataSpec } from './generate-data.ts';
import type { GeneratedOperation } from './generate-operation.ts';
import { generateSchema, type SchemaSpec } from './generate-schema.ts';
import type { Pace } from './postman.ts';
import { printSchema } from './print-schema.ts';
import { createPropagation, type Propagation } from './propagation.ts';
import type { SchemaModel } from './schema-model.ts';
import { type Visit, World } from './world.ts';

const YAML = `
services:
  s0: { urls: ["http://s0.test"], config: { region: eu } }
  s1: { urls: ["http://s1.test"], config: { region: us } }
graphql: {}
`;
const ENV = { REGION: 'north' };

/** One operation, run by both. */
export interface Bout {
  readonly general: Observation;
  readonly tested: Observation;
  readonly differences: readonly string[];
  /** Whether the executor under test handed it to the general one. */
  readonly left: boolean;
}

/** A schema with its services, and two executors on them. */
export interface Arena {
  readonly sdl: string;
  readonly schema: GraphQLSchema;
  /** Undefined: the operation is not valid, or its text is none. */
  fight(operation: GeneratedOperation): Promise<Bout | undefined>;
  /** What services answer to the calls that were made, for a reader. */
  answers(bout: Bout): readonly string[];
}

export interface Contestants {
  readonly general: CreateExecutor;
  readonly tested: CreateExecutor;
}

/** A schema that is built, without data. */
export interface Stage {
  readonly model: SchemaModel;
  readonly sdl: string;
  readonly compiled: CompiledSchema;
  readonly services: OperationHost['services'];
}

/** Builds the schema that a specification stands for, as a gateway does from its files. */
export function buildStage(spec: SchemaSpec): Stage {
  const model = generateSchema(spec);
  const sdl = printSchema(model);
  const { graphql, services } = buildGood({ sdl, yaml: YAML, env: ENV });
  if (graphql === undefined) throw new Error('The blueprint has no GraphQL');
  return { model, sdl, compiled: compileSchema(graphql, new Map()), services };
}

/** Puts services with their data behind the schema, and two executors before them. */
export function createArena(
  { model, sdl, compiled, services }: Stage,
  data: DataSpec,
  { general, tested }: Contestants,
): Arena {
  const { schema } = compiled;
  const world = new World(model, data);
  const host: OperationHost = {
    compiled,
    upstreams: world.upstreams,
    services,
    env: ENV,
    countField: () => undefined,
  };
  let left = false;
  const leave = () => {
    left = true;
  };
  const executors = { general: general(host, leave), tested: tested(host, leave) };
  return {
    sdl,
    schema,
    answers: ({ general, tested }) => world.answers([...general.calls, ...tested.calls]),
    async fight(operation) {
      const document = parse(operation.text);
      if (validate(schema, document).length > 0) return undefined;
      const { pace, known } = operation;
      // What is kept of an operation must hold nothing of whoever asked for it first.
      if (known)
        await observe(executors.tested, world, document, { ...operation, principal: undefined, headers: [] });
      const expected = await observe(executors.general, world, document, operation);
      left = false;
      const again = { ...operation, pace: otherPace(pace) };
      const seen = { general: expected, tested: await observe(executors.tested, world, document, again) };
      const found = compare({ ...seen, left }, compiled, document, operation);
      if (!known || found.length > 0) return { ...seen, left, differences: found };
      // Now that all of its contents have come before, it need not be written.
      const third = { general: expected, tested: await observe(executors.tested, world, document, again) };
      return { ...third, left, differences: compare({ ...third, left }, compiled, document, operation) };
    },
  };
}

/** Where answers come in any order, they come in another one the second time: nothing may depend on it. */
function otherPace(pace: Pace): Pace {
  return pace.kind === 'shuffled' ? { ...pace, seed: pace.seed + 1 } : pace;
}

async function observe(
  executor: OperationExecutor,
  world: World,
  document: DocumentNode,
  operation: GeneratedOperation,
): Promise<Observation> {
  const visit = world.enter(operation);
  const { operationName, variables } = operation;
  const execution = executor.execute({ document, operationName, variables, scope: visit.scope });
  try {
    if (!(await ends(execution, visit))) {
      return { outcome: undefined, rejection: 'It waits for nothing, for ever', calls: [...visit.calls] };
    }
    return { outcome: await execution, rejection: undefined, calls: [...visit.calls] };
  } catch (error) {
    return { outcome: undefined, rejection: String(error), calls: [] };
  } finally {
    await visit.leave();
  }
}

/** Turns of the event loop without any call under way after which an execution won't end any more. */
const PATIENCE = 100;

async function ends(execution: Promise<unknown>, visit: Visit): Promise<boolean> {
  let over = false;
  const end = () => {
    over = true;
  };
  execution.then(end, end);
  for (let idle = 0; !over && idle < PATIENCE; idle++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (visit.busy()) idle = 0;
  }
  return over;
}

/** Of an operation that is not run. */
const NOTHING: Propagation = { reach: () => 'none', hasFields: () => false };

function compare(
  { general, tested, left }: Omit<Bout, 'differences'>,
  compiled: CompiledSchema,
  document: DocumentNode,
  { pace, operationName }: GeneratedOperation,
): readonly string[] {
  const operation = getOperationAST(document, operationName);
  return differences(general, tested, {
    // Keys that are asked for before a plan is left and those asked for after it do not travel together.
    calls: pace.kind === 'in step' && !left,
    propagation: operation ? createPropagation(compiled, document, operation) : NOTHING,
  });
}
