import type { z } from 'zod';
import { type Problem, suggestion } from '../kernel/problem.ts';
import { descriptionAt, keysAt } from './schema/shape.ts';
import type { Path, Source } from './source/source.ts';

type Issue = z.core.$ZodIssue;

/** What the validator found, in words that say what to do, each at its place in the file. */
export function describeIssues(
  issues: readonly Issue[],
  schema: z.core.$ZodType,
  source: Source,
  base: Path = [],
): Problem[] {
  return issues.flatMap((issue) => describe(issue, { schema, source, base }));
}

interface Context {
  readonly schema: z.core.$ZodType;
  readonly source: Source;
  /** Where the schema's value stands in the file. */
  readonly base: Path;
}

function describe(issue: Issue, context: Context): Problem[] {
  const { source, base } = context;
  const path = [...base, ...steps(issue.path)];
  const at = source.positions;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => error(at.key([...path, key]), unknownKey(key, path, issue, context)));
  }
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? 'not a usable name';
    return [error(at.key(path), `${dotted(path.slice(0, -1))}: ${reason}, not ${shown(path.at(-1))}`)];
  }
  if (source.isBroken(path)) return [];
  const value = valueAt(source.value, path);
  if (value === undefined) return [error(at.at(path), missing(path, issue, context))];
  if (issue.code === 'invalid_union') {
    const branch = closest(issue, value);
    if (branch !== undefined) {
      return branch.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, context));
    }
  }
  return [error(at.at(path), `${dotted(path)}: ${expectation(issue)}${actual(value, path, issue, source)}`)];
}

function unknownKey(key: string, path: Path, issue: Issue, { schema }: Context): string {
  const known = keysAt(schema, steps(issue.path));
  const hint = suggestion(key, known);
  const place = path.length === 0 ? '' : ` in ${dotted(path)}`;
  const list = known.length > 0 && hint === '' ? ` It takes ${known.join(', ')}.` : '';
  return `unknown key "${key}"${place}.${hint}${list}`;
}

function missing(path: Path, issue: Issue, { schema }: Context): string {
  const parent = path.length > 1 ? `${dotted(path.slice(0, -1))} needs` : 'the file needs';
  const description = descriptionAt(schema, steps(issue.path));
  const type = expectation(issue).replace(/^expected /, '');
  const about = description === undefined ? '' : `: ${lowerFirst(description)}`;
  return `${parent} "${String(path.at(-1) ?? '')}" (${type})${about}`;
}

/** The alternative of a union that the value was most likely meant to be: the one that faults only its inside. */
function closest(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  value: unknown,
): readonly Issue[] | undefined {
  if (typeof value !== 'object') return undefined;
  return issue.errors.find((branch) =>
    branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  );
}

/** Schemas that know better than the general wording begin their message like this. */
function hasOwnWords(issue: Issue): boolean {
  return issue.message.startsWith('expected');
}

function expectation(issue: Issue): string {
  if (hasOwnWords(issue)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `expected at least ${issue.minimum} ${issue.origin === 'array' ? 'entry' : 'character'}`
        : `expected a number from ${issue.minimum}`;
    case 'too_big':
      return `expected a number up to ${issue.maximum}`;
    case 'invalid_union':
      return `expected ${alternatives(issue.errors)}`;
    case 'invalid_format':
      return `expected ${FORMAT_WORDS[issue.format] ?? issue.format}`;
    default:
      return issue.message;
  }
}

/** `["a", "b"]` → `a or b`, out of what each alternative would have wanted. */
function alternatives(branches: readonly (readonly Issue[])[]): string {
  const words = branches.flatMap((branch) => branch.slice(0, 1).map((issue) => expectation(issue)));
  return [...new Set(words.map((word) => word.replace(/^expected (one of )?/, '')))].join(' or ');
}

function actual(value: unknown, path: Path, issue: Issue, source: Source): string {
  const scalar = source.substituted(path);
  // A variable's value may be a secret: its name is enough to find the fault.
  if (scalar !== undefined)
    return `, which ${scalar.names.map((name) => `\${${name}}`).join('')} does not give`;
  if (issue.code === 'custom' && !hasOwnWords(issue)) return '';
  if (holdsSecret(path)) return isScalar(value) && isText(issue) ? '; put it in quotes' : '';
  if (value === null) return ', but nothing is given';
  const choices = issue.code === 'invalid_value' ? issue.values.map(String) : unionChoices(issue);
  const hint = typeof value === 'string' ? suggestion(value, choices) : '';
  if (isText(issue) && isScalar(value) && !hasOwnWords(issue)) {
    return `; put it in quotes: "${String(value)}"`;
  }
  return `, not ${shown(value)}${hint === '' ? '' : `.${hint}`}`;
}

/** What is written there is nobody's business, also where it is faulty: messages end up in logs. */
const SECRETS = [/^auth\.serviceKeys\.keys/, /^auth\.jwt\[\d+\]\.secret$/, /^storage\.(redis|database)$/];

function holdsSecret(path: Path): boolean {
  return SECRETS.some((pattern) => pattern.test(dotted(path)));
}

function isText(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.expected === 'string';
}

function unionChoices(issue: Issue): string[] {
  if (issue.code !== 'invalid_union') return [];
  return issue.errors
    .flat()
    .flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  url: 'a URL such as https://login.example.com/jwks.json',
  date: 'a date such as 2026-12-31',
};

/** A value as a message may show it: short, and telling text from numbers. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}

/** `['routes', 0, 'path']` → `routes[0].path`. */
export function dotted(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}

/** What stands at `path` in plain data; undefined if nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, step) => {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    return (current as Record<string | number, unknown>)[step];
  }, data);
}

function steps(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

function error(at: Problem['at'], message: string): Problem {
  return { severity: 'error', at, message };
}
