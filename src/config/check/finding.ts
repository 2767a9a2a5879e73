import type { z } from 'zod';
import type { Position, Problem } from '../../kernel/problem.ts';
import { valueAt } from '../describe-issue.ts';
import type { Path, Source } from '../source/source.ts';

/** What a check says of a place in the file; `on` tells whether the key or the value there is at fault. */
export interface Finding {
  readonly path: Path;
  readonly on: 'key' | 'value';
  readonly severity?: Problem['severity'];
  readonly message: string;
}

/** Findings as problems, each at its position. */
export function toProblems(findings: readonly Finding[], source: Source): Problem[] {
  return findings.map(({ path, on, severity = 'error', message }): Problem => {
    const at: Position = on === 'key' ? source.positions.key(path) : source.positions.at(path);
    return { severity, at, message };
  });
}

/** Keys of the map at `path`; none if there is no map. */
export function namesAt(source: Source, path: Path): string[] {
  const value = valueAt(source.value, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/**
 * The typed value at `path`, so that checks run although something else in it is wrong: what does not validate
 * is left out. Undefined if nothing usable remains; the validator has told of it then.
 */
export function salvage<S extends z.ZodType>(schema: S, source: Source, path: Path): z.output<S> | undefined {
  const raw = valueAt(source.value, path);
  const first = schema.safeParse(raw);
  if (first.success) return first.data;
  if (typeof raw !== 'object' || raw === null) return undefined;
  const rest = structuredClone(raw);
  for (const issue of first.error.issues) {
    const keys =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const key of keys) remove(rest, key);
  }
  return schema.safeParse(rest).data;
}

/** Deletes the value at `path`; a list is deleted as a whole, for without an item the others would move up. */
function remove(data: object, path: readonly PropertyKey[]): void {
  const end = path.findIndex((step) => typeof step === 'number');
  const keys = end === -1 ? path : path.slice(0, end);
  const last = keys.at(-1);
  const parent = valueAt(data, keys.slice(0, -1).map(String));
  if (last !== undefined && typeof parent === 'object' && parent !== null)
    Reflect.deleteProperty(parent, last);
}
