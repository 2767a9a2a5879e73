import path from 'node:path';
import type { z } from 'zod';
import { type Problem, sortProblems } from '../kernel/problem.ts';
import { findUnavailable } from './availability.ts';
import { checkConfig } from './check/check-config.ts';
import { describeIssues, dotted, valueAt } from './describe-issue.ts';
import type { LoadedConfig, LoadResult } from './loaded-config.ts';
import { type Config, configSchema } from './schema/config.ts';
import { sketchConfig } from './sketch-config.ts';
import type { Environment } from './source/environment.ts';
import { readSource } from './source/read-source.ts';
import type { Path, Source } from './source/source.ts';

export interface ConfigText {
  readonly text: string;
  /** As the user named it. */
  readonly file: string;
  readonly env: Environment;
}

/**
 * The text of a configuration file → a configuration, or everything that is wrong with it. Reads no other file.
 * Never throws, whatever the text.
 */
export function parseConfig(input: ConfigText): LoadResult {
  return loadable(judgeConfig(input));
}

interface Judged {
  /** Of the right shape, though problems may forbid to run it: good enough to look into the files that it names. */
  readonly candidate: LoadedConfig | undefined;
  /** For judging the schema if there is no candidate. */
  readonly sketch: LoadedConfig | undefined;
  readonly problems: readonly Problem[];
}

export function judgeConfig({ text, file, env }: ConfigText): Judged {
  const source = readSource(text, file, env);
  if (source.value === undefined) {
    return { candidate: undefined, sketch: undefined, problems: sortProblems(source.problems) };
  }
  const { data, issues, config } = validate(source);
  const judged: Source = { ...source, value: data };
  const invalid = new Set(issues.map((issue) => dotted(issue.path as Path)));
  const problems = sortProblems(
    withoutRepetition([
      ...source.problems,
      ...describeIssues(issues, configSchema, judged),
      ...checkConfig(judged),
      ...findUnavailable(judged, invalid),
    ]),
  );
  const folder = path.resolve(path.dirname(file));
  const asLoaded = (config: Config) => ({ config, file, folder, env, positions: source.positions });
  const sketch = sketchConfig(judged, config);
  return { candidate: config && asLoaded(config), sketch: sketch && asLoaded(sketch), problems };
}

/** The candidate if none of the problems is an error; the problems in the order in which one mends them. */
export function loadable({ candidate, sketch, problems }: Judged): LoadResult {
  const sorted = sortProblems(problems);
  const faulty = problems.some(({ severity }) => severity === 'error');
  if (candidate === undefined || faulty) return { loaded: undefined, sketch, problems: sorted };
  return { loaded: candidate, problems: sorted };
}

interface Validation {
  readonly data: unknown;
  readonly issues: readonly z.core.$ZodIssue[];
  readonly config: Config | undefined;
}

function validate(source: Source): Validation {
  const first = configSchema.safeParse(source.value);
  if (first.success) return { data: source.value, issues: [], config: first.data };
  const data = restoreText(source, first.error.issues);
  const second = configSchema.safeParse(data);
  return { data, issues: second.error?.issues ?? [], config: second.data };
}

/**
 * A password of digits in `${NAME}` looks like a number to YAML. Where text is wanted,
 * the variable's own text is taken.
 */
function restoreText(source: Source, issues: readonly z.core.$ZodIssue[]): unknown {
  const data = structuredClone(source.value);
  for (const path of wantedTexts(issues, [])) {
    const scalar = source.substituted(path);
    const parent = valueAt(data, path.slice(0, -1));
    const last = path.at(-1);
    if (scalar === undefined || last === undefined || typeof parent !== 'object' || parent === null) continue;
    (parent as Record<string | number, unknown>)[last] = scalar.text;
  }
  return data;
}

function wantedTexts(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[],
): (string | number)[][] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path] as (string | number)[];
    if (issue.code === 'invalid_type' && issue.expected === 'string') return [path];
    if (issue.code === 'invalid_union') return issue.errors.flatMap((branch) => wantedTexts(branch, path));
    return [];
  });
}

/** What stands in one place is told once, however many services or routes share it through an alias. */
function withoutRepetition(problems: readonly Problem[]): Problem[] {
  const told = new Map<string, Problem>();
  for (const one of problems) {
    const what = one.message.replaceAll(/\b(services\.[\w-]+|routes\[\d+\])/g, '');
    const key = `${one.at.line}:${one.at.column}:${what}`;
    if (!told.has(key)) told.set(key, one);
  }
  return [...told.values()];
}
