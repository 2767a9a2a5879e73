import fc from 'fast-check';
import type { GraphQLSchema } from 'graphql';
import type { Principal } from '../../../src/kernel/principal.ts';
import { testPrincipal } from '../../support/graphql-server.ts';
import { type Choice, choice, happens, pick, pickOf, several } from './choice.ts';
import { OperationWriter } from './operation-writer.ts';
import type { Pace } from './postman.ts';

/** What decides one entry of a selection, with all below it. */
export interface EntrySpec {
  readonly field: Choice;
  readonly alias: Choice;
  /** How it is wrapped in fragments. */
  readonly wrap: Choice;
  readonly condition: Choice;
  readonly args: Choice;
  readonly below: readonly EntrySpec[];
}

/** What decides an operation, who asks for it, and when answers come. */
export interface OperationSpec {
  readonly kind: Choice;
  readonly caller: Choice;
  readonly pace: Choice;
  readonly selection: readonly EntrySpec[];
}

const { entry } = fc.letrec<{ entry: EntrySpec }>((tie) => ({
  entry: fc.record({
    field: choice,
    alias: choice,
    wrap: choice,
    condition: choice,
    args: choice,
    below: fc.oneof({ maxDepth: 5, depthSize: 'max', withCrossShrink: true }, fc.constant<EntrySpec[]>([]), {
      arbitrary: several(tie('entry'), { minLength: 1, maxLength: 3 }),
      weight: 9,
    }),
  }),
}));

export const operationSpec: fc.Arbitrary<OperationSpec> = fc.record({
  kind: choice,
  caller: choice,
  pace: choice,
  selection: several(entry, { minLength: 1, maxLength: 3 }),
});

/** An operation as it is sent. */
export interface GeneratedOperation {
  readonly text: string;
  readonly operationName: string | undefined;
  readonly variables: { readonly [name: string]: unknown };
  readonly principal: Principal | undefined;
  readonly headers: readonly string[];
  readonly pace: Pace;
  /** Somebody else has asked for it before. */
  readonly known: boolean;
}

/** The operation that a specification stands for in this schema. Nearly every one is valid. */
export function generateOperation(spec: OperationSpec, schema: GraphQLSchema): GeneratedOperation {
  const mutation = schema.getMutationType();
  const mutates = mutation !== undefined && mutation !== null && happens(spec.kind, 1, 20);
  const kind = mutates ? 'mutation' : 'query';
  const root = mutates ? mutation : schema.getQueryType();
  if (!root) throw new Error('A schema without a Query');
  const writer = new OperationWriter(schema, spec.kind);
  const selection = writer.write(root, spec.selection);
  const { definitions, variables } = writer.declared();
  const name = happens(spec.kind, 2, 50) ? ' Main' : '';
  const others = name !== '' && happens(spec.kind, 3, 15);
  const text = [
    `${kind}${name}${definitions} ${selection}`,
    ...writer.fragments,
    ...(others ? ['query Other { __typename }'] : []),
  ].join('\n');
  return {
    text,
    operationName: others ? pickOf(spec.kind, 4, ['Main', 'Main', 'Main', undefined, 'Nobody']) : undefined,
    variables,
    principal: callerOf(spec.caller),
    headers: happens(spec.caller, 9, 50) ? ['X-Tenant', 't "1"', 'accept', '*/*'] : [],
    pace: paceOf(spec.pace),
    known: happens(spec.kind, 5, 20),
  };
}

function callerOf(made: Choice): Principal | undefined {
  if (made === 0 || happens(made, 1, 30)) return undefined;
  return testPrincipal({
    roles: ['x', 'y', 'z'].filter((_role, at) => happens(made, 10 + at, 60)),
    scopes: ['a', 'b', 'c'].filter((_scope, at) => happens(made, 20 + at, 60)),
    claims: { deep: [1, 'two'] },
  });
}

function paceOf(made: Choice): Pace {
  const way = pick(made, 1, 10);
  if (way < 6) return { kind: 'in step' };
  return way < 7 ? { kind: 'at once' } : { kind: 'shuffled', seed: made };
}
