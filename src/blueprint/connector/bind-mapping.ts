import type { Mapping, Variables, VariableUse } from '../../connect/mapping/mapping.ts';
import type { JsonObject } from '../../kernel/json.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that never change while a blueprint lives: only the environment variables that are named. */
export function staticVariables(
  uses: readonly VariableUse[],
  config: JsonObject,
  env: Environment,
): Pick<Variables, '$config' | '$env'> | undefined {
  const bound: { $config?: JsonObject; $env?: JsonObject } = {};
  if (uses.some(({ variable }) => variable === '$config')) bound.$config = config;
  if (uses.some(({ variable }) => variable === '$env')) bound.$env = namedEnvironment(uses, env);
  return Object.keys(bound).length === 0 ? undefined : bound;
}

function namedEnvironment(uses: readonly VariableUse[], env: Environment): JsonObject {
  const values: Record<string, string> = {};
  for (const { variable, path } of uses) {
    const name = variable === '$env' ? path[0] : undefined;
    const value = name === undefined ? undefined : env[name];
    if (name !== undefined && value !== undefined) values[name] = value;
  }
  return values;
}

/** The mapping with `$config` and `$env` given; the mapping itself if it asks for neither. */
export function bindMapping(mapping: Mapping, config: JsonObject, env: Environment): Mapping {
  const bound = staticVariables(mapping.uses, config, env);
  if (bound === undefined) return mapping;
  return {
    ...mapping,
    evaluate: (input, variables, observe) => mapping.evaluate(input, { ...variables, ...bound }, observe),
  };
}
