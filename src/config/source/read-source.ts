import { type Alias, type Document, LineCounter, type Node, parseAllDocuments, type Scalar } from 'yaml';
import type { Position, Problem } from '../../kernel/problem.ts';
import { toData } from './data.ts';
import type { Environment } from './environment.ts';
import { locate, resolveAliases } from './locate.ts';
import { maskBraces, unmaskBraces } from './mask.ts';
import type { Path, Positions, Source } from './source.ts';
import { describeSyntaxErrors } from './syntax-error.ts';

/** Deeper than any configuration, and well below what the YAML parser can take. */
const MAX_NESTING = 200;

/**
 * Reads one YAML 1.2 or JSON document and puts environment variables into its values.
 * Never throws; what is wrong is in `problems`, and then `value` is undefined or incomplete.
 */
export function readSource(written: string, file: string, environment: Environment): Source {
  // A byte order mark is no character of the first line.
  const text = written.startsWith('\uFEFF') ? written.slice(1) : written;
  const lines = new LineCounter();
  const place = placer(text, file, lines);
  const fail = (message: string, offset = 0): Source => refused([{ offset, message }], place, file);
  const tooDeep = firstTooDeep(text);
  const masked = maskBraces(text);
  // A refused text still needs its line starts, for the position of the refusal.
  addLines(lines, text);
  if (text.includes('\0')) return fail('this is no text in UTF-8');
  if (tooDeep !== undefined) return fail('this is nested too deeply to be a configuration', tooDeep);
  let documents: readonly Document.Parsed[];
  try {
    documents = [
      ...parseAllDocuments(masked, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' }),
    ];
  } catch (error) {
    return fail(`this cannot be read as YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [document, second] = documents;
  const root = document?.contents;
  if (second !== undefined) {
    return fail(
      'the file holds more than one YAML document; keep one and remove the others',
      second.range[0],
    );
  }
  const faults = document === undefined ? [] : describeSyntaxErrors(document, masked, text);
  if (faults.length > 0) return refused(faults, place, file);
  if (document === undefined || root === null || root === undefined) {
    return fail('the file is empty; it needs `services` and at least one of `routes` and `graphql`');
  }
  return fromDocument({ document, root, text, masked: masked !== text, file, place, environment });
}

type Place = (offset: number) => Position;

interface ReadDocument {
  readonly document: Document.Parsed;
  readonly root: Node;
  readonly text: string;
  readonly masked: boolean;
  readonly file: string;
  readonly place: Place;
  readonly environment: Environment;
}

function fromDocument(read: ReadDocument): Source {
  const aliases = resolveAliases(read.document);
  const data = toData({
    root: read.root,
    aliases,
    text: read.text,
    environment: read.environment,
    unmask: (text) => unmaskBraces(text, read.masked),
  });
  const problems = data.faults.map(
    ({ offset, message }): Problem => ({ severity: 'error', at: read.place(offset), message }),
  );
  const nodeAt = (path: Path): Node | undefined => {
    const { node, found } = locate(read.root, path, aliases);
    return found ? (aliases.get(node as Alias) ?? node) : undefined;
  };
  return {
    value: data.value,
    positions: positionsOf(read, aliases),
    substituted: (path) => data.substituted.get(nodeAt(path) as Scalar),
    isBroken: (path) => data.broken.has(nodeAt(path) as Node),
    problems,
  };
}

function positionsOf({ root, file, place }: ReadDocument, aliases: ReadonlyMap<Alias, Node>): Positions {
  const start = (node: Node) => place(node.range?.[0] ?? 0);
  return {
    file,
    at(path) {
      const { node, key, found } = locate(root, path, aliases);
      return start(found ? node : (key ?? node));
    },
    key(path) {
      const { node, key } = locate(root, path, aliases);
      return start(key ?? node);
    },
  };
}

function flatPositions(file: string): Positions {
  const top = { file, line: 1, column: 1 };
  return { file, at: () => top, key: () => top };
}

function refused(
  faults: readonly { readonly offset: number; readonly message: string }[],
  place: Place,
  file: string,
): Source {
  return {
    value: undefined,
    positions: flatPositions(file),
    substituted: () => undefined,
    isBroken: () => false,
    problems: faults.map(({ offset, message }) => ({ severity: 'error', at: place(offset), message })),
  };
}

/** Offsets → positions that are always inside the file: an error "at the end" is shown where the text ends. */
function placer(text: string, file: string, lines: LineCounter): Place {
  const end = text.trimEnd().length;
  return (offset) => {
    const { line, col } = lines.linePos(Math.min(Math.max(0, offset), end));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
}

function addLines(lines: LineCounter, text: string): void {
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
}

/** Brackets alone tell enough: the parser itself bears deep indentation, but not thousands of open brackets. */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '[' || character === '{') depth++;
    else if ((character === ']' || character === '}') && depth > 0) depth--;
    if (depth > MAX_NESTING) return i;
  }
  return undefined;
}
