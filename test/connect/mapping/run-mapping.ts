import { compileMapping } from '../../../src/connect/mapping/compile-mapping.ts';
import type {
  ConnectVersion,
  Mapping,
  VariableName,
  Variables,
} from '../../../src/connect/mapping/mapping.ts';
import type { Json } from '../../../src/kernel/json.ts';

export const ALL_VARIABLES: readonly VariableName[] = [
  '$args',
  '$this',
  '$batch',
  '$config',
  '$context',
  '$env',
  '$request',
  '$response',
  '$status',
];

export interface RunOptions {
  readonly version?: ConnectVersion;
  readonly kind?: 'selection' | 'expression';
  readonly variables?: Variables;
}

/** Compiles a mapping that is expected to be right; throws with its problems if it isn't. */
export function compiled(source: string, options: RunOptions = {}): Mapping {
  const { version = '0.3', kind = 'selection' } = options;
  const { value, problems } = compileMapping(source, { version, kind, allow: ALL_VARIABLES });
  if (value === undefined) throw new Error(`${source}: ${JSON.stringify(problems)}`);
  return value;
}

/** What a mapping makes of the data. */
export function run(source: string, input: Json, options: RunOptions = {}): Json | undefined {
  return compiled(source, options).evaluate(input, options.variables ?? {});
}

/** What the observer is told, each with the text at its offset. */
export function notes(source: string, input: Json, options: RunOptions = {}): string[] {
  const told: string[] = [];
  compiled(source, options).evaluate(input, options.variables ?? {}, (message, offset) => {
    told.push(`${message} [${source.slice(offset, offset + 6)}`);
  });
  return told;
}

/** The problems of a mapping, each as `offset: message`. */
export function problemsOf(
  source: string,
  options: RunOptions & { allow?: readonly VariableName[] } = {},
): string[] {
  const { version = '0.3', kind = 'selection', allow = ALL_VARIABLES } = options;
  return compileMapping(source, { version, kind, allow }).problems.map(
    ({ offset, message }) => `${offset}: ${message}`,
  );
}
