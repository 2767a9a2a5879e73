import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Files that match a pattern: `*` and `?` within one name, `**` for any folders, `{a,b}` for either.
 * As shells do, a wildcard passes over names that begin with a dot; `**` also over node_modules.
 * Gives paths relative to `folder`, with `/`, sorted. A folder that is absent has no files.
 */
export async function expandGlob(pattern: string, folder: string): Promise<string[]> {
  const found = new Set<string>();
  for (const alternative of expandBraces(pattern.replaceAll('\\', '/'))) {
    const segments = alternative
      .split('/')
      .filter((segment, i) => segment !== '.' && (segment !== '' || i === 0));
    const absolute = segments[0] === '';
    const start = absolute ? '/' : '';
    await walk({ folder, at: start, segments: absolute ? segments.slice(1) : segments, found, open: [] });
  }
  return [...found].sort();
}

/** `a/{b,c}.graphql` → `a/b.graphql`, `a/c.graphql`; braces may stand inside each other. */
export function expandBraces(pattern: string): string[] {
  const group = /\{([^{}]*,[^{}]*)\}/.exec(pattern);
  if (group === null) return [pattern];
  const before = pattern.slice(0, group.index);
  const after = pattern.slice(group.index + group[0].length);
  const choices = (group[1] as string).split(',');
  return [...new Set(choices.flatMap((choice) => expandBraces(before + choice + after)))];
}

interface Walk {
  readonly folder: string;
  /** Where the walk has come to, relative to `folder`. */
  readonly at: string;
  readonly segments: readonly string[];
  readonly found: Set<string>;
  /** Real paths of the folders above: a link into one of them is not followed again. */
  readonly open: readonly string[];
}

async function walk(here: Walk): Promise<void> {
  const [segment, ...rest] = here.segments;
  if (segment === undefined) return;
  if (segment === '**') return walkAnyDepth(here, rest);
  if (!/[*?]/.test(segment)) return enter(here, segment, rest);
  const expression = toExpression(segment);
  for (const name of await names(here)) {
    if (expression.test(name)) await enter(here, name, rest);
  }
}

async function walkAnyDepth(here: Walk, rest: readonly string[]): Promise<void> {
  await walk({ ...here, segments: rest.length === 0 ? ['*'] : rest });
  const real = await realpath(path.resolve(here.folder, here.at)).catch(() => undefined);
  if (real === undefined || here.open.includes(real)) return;
  for (const name of await names(here)) {
    const at = path.posix.join(here.at, name);
    if (name.startsWith('.') || name === 'node_modules' || (await kind(here.folder, at)) !== 'folder')
      continue;
    await walk({ ...here, at, open: [...here.open, real] });
  }
}

async function enter(here: Walk, name: string, rest: readonly string[]): Promise<void> {
  const at = path.posix.join(here.at, name);
  const found = await kind(here.folder, at);
  if (rest.length > 0 && found === 'folder') await walk({ ...here, at, segments: rest });
  if (rest.length === 0 && found === 'file') here.found.add(at);
}

async function names(here: Walk): Promise<string[]> {
  return readdir(path.resolve(here.folder, here.at)).catch(() => []);
}

async function kind(folder: string, at: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path.resolve(folder, at)).catch(() => undefined);
  if (found?.isFile()) return 'file';
  return found?.isDirectory() ? 'folder' : undefined;
}

function toExpression(segment: string): RegExp {
  const source = segment
    .replaceAll(/[.+^$()|[\]{}\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${segment.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
}
