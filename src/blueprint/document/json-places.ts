import { LineCounter, type Node, parseDocument } from 'yaml';
import { locate } from '../../config/source/locate.ts';
import type { Position } from '../../kernel/problem.ts';
import type { JsonPath } from './read-documents.ts';

/** Where things stand in a JSON file. */
export interface JsonPlaces {
  /** Of an offset in the file. */
  atOffset(offset: number): Position;
  /** Of a value, or the nearest one around it; `inner` is an offset within the value, if that is a string. */
  atPath(path: JsonPath, inner?: number): Position;
}

/** Looks into the text (which is JSON, or means to be) only once something has to be told of it. */
export function jsonPlaces(text: string, file: string): JsonPlaces {
  let lines: LineCounter | undefined;
  let root: Node | null | undefined;

  function atOffset(offset: number): Position {
    if (lines === undefined) read();
    const { line, col } = (lines as LineCounter).linePos(Math.min(offset, text.length));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  function read(): void {
    lines = new LineCounter();
    // JSON is YAML (YAML 1.2, 1.3), and this parser keeps the places.
    root = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'silent',
    }).contents as Node | null;
  }

  return {
    atOffset,
    atPath(path, inner) {
      if (lines === undefined) read();
      if (!root) return atOffset(0);
      const { node, found } = locate(root, path, new Map());
      const start = node.range?.[0] ?? 0;
      return atOffset(found && inner !== undefined ? start + offsetInString(text, start, inner) : start);
    },
  };
}

/** Offset from the opening quote of a JSON string at which one of the units that it stands for is written (RFC 8259, 7). */
function offsetInString(text: string, start: number, unit: number): number {
  let at = 1;
  for (let i = 0; i < unit; i++) {
    if (text[start + at] !== '\\') at += 1;
    else at += text[start + at + 1] === 'u' ? 6 : 2;
  }
  return at;
}
