import fc from 'fast-check';
import { getOperationAST, getVariableValues, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { Appraisal } from '../../../src/graphql/limit/appraisal.ts';
import { type Arena, buildStage, createArena, type Stage } from '../differential/arena.ts';
import { several } from '../differential/choice.ts';
import { createGeneral, createTested } from '../differential/executor-pair.ts';
import { dataSpec } from '../differential/generate-data.ts';
import {
  type GeneratedOperation,
  generateOperation,
  operationSpec,
} from '../differential/generate-operation.ts';
import { schemaSpec } from '../differential/generate-schema.ts';

const NO_COSTS = { types: new Map(), elements: new Map(), lists: new Map() };

/** The bound on an operation's calls; undefined: its variables have faults. Generated lists are shorter than assumed ones. */
function boundOf({ compiled }: Stage, { text, operationName, variables: given }: GeneratedOperation) {
  const document = parse(text);
  const operation = getOperationAST(document, operationName);
  if (!operation) return undefined;
  const variables = getVariableValues(
    compiled.schema,
    operation.variableDefinitions ?? [],
    (given ?? {}) as Record<string, unknown>,
  ).coerced;
  if (variables === undefined) return undefined;
  return new Appraisal({ compiled, costs: NO_COSTS, document, operation, variables }).calls(variables);
}

/** What is learnt of all cases together. */
const seen = { planned: 0, estimated: 0, met: 0, made: 0, allowed: 0 };

async function overBound(
  stage: Stage,
  arena: Arena,
  operation: GeneratedOperation,
): Promise<object | undefined> {
  const bout = await arena.fight(operation);
  const bound = bout && boundOf(stage, operation);
  if (bout === undefined || bound === undefined) return undefined;
  const made = Math.max(bout.general.calls.length, bout.left ? 0 : bout.tested.calls.length);
  if (bound.each === undefined) seen.estimated++;
  else seen.planned++;
  if (made === bound.total) seen.met++;
  seen.made += made;
  seen.allowed += bound.total;
  return made <= bound.total
    ? undefined
    : {
        made,
        bound,
        sdl: arena.sdl,
        text: operation.text,
        calls: bout.general.calls,
        tested: bout.tested.calls,
      };
}

describe('the bound on calls', () => {
  it('holds for generated operations on generated schemas', async () => {
    const world = fc.record({
      operations: several(operationSpec, { minLength: 1, maxLength: 30 }),
      data: dataSpec,
      schema: schemaSpec,
    });
    const property = fc.asyncProperty(world, async ({ schema, data, operations }) => {
      const stage = buildStage(schema);
      const arena = createArena(stage, data, { general: createGeneral, tested: createTested });
      for (const spec of operations) {
        const found = await overBound(stage, arena, generateOperation(spec, arena.schema));
        expect(found).toBeUndefined();
      }
    });
    await fc.assert(property, { numRuns: 25, seed: 1, endOnFailure: true });
    if (process.env.DIFFERENTIAL_DEBUG !== undefined) process.stdout.write(`${JSON.stringify(seen)}\n`);
    // Both kinds of bounds were looked at, and they are not just large.
    expect(seen.planned).toBeGreaterThan(100);
    expect(seen.estimated).toBeGreaterThan(30);
    expect(seen.met / (seen.planned + seen.estimated)).toBeGreaterThan(0.2);
  }, 120_000);
});
