import type { Blueprint } from '../../src/blueprint/blueprint.ts';
import { type BlueprintResult, buildBlueprint } from '../../src/blueprint/build-blueprint.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { formatProblem } from '../../src/kernel/problem.ts';

export interface BuildOptions {
  /** One text, or several files. */
  readonly sdl?: string | readonly { readonly file: string; readonly text: string }[];
  /** Text of gateway.yaml; without it: no services, and graphql with every default. */
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly resolved?: ReadonlySet<string>;
}

/** Builds a blueprint from texts, as `portico check` does from files. */
export function buildFrom({ sdl = [], yaml, env = {}, resolved }: BuildOptions): BlueprintResult {
  const text = yaml ?? 'services: {}\ngraphql: {}\n';
  const { loaded, problems } = parseConfig({ text, file: 'gateway.yaml', env });
  if (loaded === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  const files = typeof sdl === 'string' ? [{ file: 'schema.graphql', text: sdl }] : sdl;
  return buildBlueprint({ loaded, sdl: files, env, ...(resolved === undefined ? {} : { resolved }) });
}

/** The same for texts that are in order: throws with everything that is wrong with them. */
export function buildGood(options: BuildOptions): Blueprint {
  const { blueprint, problems } = buildFrom(options);
  if (blueprint === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return blueprint;
}
