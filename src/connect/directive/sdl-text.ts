import { type ASTNode, getLocation, type Source, type StringValueNode } from 'graphql';
import type { Position, Problem } from '../../kernel/problem.ts';

/** Takes each fault as it is found; nothing stops at the first one. */
export type Report = (problem: Problem) => void;

/** A string literal of the SDL that knows where each of its characters is written. */
export interface SdlText {
  readonly value: string;
  readonly at: Position;
  /** Position of the character at an offset (UTF-16 units) of `value`; past its end: of the closing quote. */
  positionOf(offset: number): Position;
}

export function errorAt(at: Position, message: string): Problem {
  return { severity: 'error', at, message };
}

export function warningAt(at: Position, message: string): Problem {
  return { severity: 'warning', at, message };
}

const NOWHERE: Position = { file: '', line: 1, column: 1 };

/** Where a node begins: for definitions with a description, where the definition itself begins. */
export function positionOf(node: ASTNode): Position {
  const { loc } = node;
  if (loc === undefined) return NOWHERE;
  return offsetPosition(loc.source, loc.start);
}

/** Line and column of a UTF-16 offset in a source, whose name is the file's. */
export function offsetPosition(source: Source, offset: number): Position {
  const { line, column } = getLocation(source, Math.min(offset, source.body.length));
  return { file: source.name, line, column };
}

/** The text of a string literal, quoted or block, with the way back to the file. */
export function textOf(node: StringValueNode): SdlText {
  const { loc, value } = node;
  if (loc === undefined) return { value, at: NOWHERE, positionOf: () => NOWHERE };
  const { source, start, end } = loc;
  let offsets: readonly number[] | undefined;
  return {
    value,
    at: offsetPosition(source, start),
    positionOf(offset) {
      offsets ??= node.block
        ? blockOffsets(source.body.slice(start + 3, end - 3), start + 3)
        : quotedOffsets(source.body.slice(start + 1, end - 1), start + 1);
      const closing = end - (node.block ? 3 : 1);
      return offsetPosition(source, offsets[Math.max(0, offset)] ?? closing);
    },
  };
}

/** Offset in the source of each unit of a quoted string's value (GraphQL specification, 2.9.4). */
function quotedOffsets(raw: string, base: number): number[] {
  const offsets: number[] = [];
  let index = 0;
  while (index < raw.length) {
    const from = base + index;
    const { length, units } = escapeAt(raw, index);
    for (let unit = 0; unit < units; unit += 1) offsets.push(from);
    index += length;
  }
  return offsets;
}

/** How much source an escape (or a plain unit) takes, and how many units of the value it becomes. */
function escapeAt(raw: string, index: number): { length: number; units: number } {
  if (raw[index] !== '\\') return { length: 1, units: 1 };
  if (raw[index + 1] !== 'u') return { length: 2, units: 1 };
  if (raw[index + 2] !== '{') return { length: 6, units: 1 };
  const end = raw.indexOf('}', index);
  const code = Number.parseInt(raw.slice(index + 3, end), 16);
  return { length: end + 1 - index, units: code > 0xffff ? 2 : 1 };
}

interface RawLine {
  readonly text: string;
  readonly start: number;
}

/** The same for a block string, whose common indentation and blank edges are not part of the value. */
function blockOffsets(raw: string, base: number): number[] {
  const lines = splitLines(raw, base);
  const indents = lines.map(({ text }) => text.length - text.replace(/^[ \t]+/, '').length);
  const isBlank = (index: number) => indents[index] === lines[index]?.text.length;
  const filled = [...lines.keys()].filter((index) => !isBlank(index));
  const first = filled[0] ?? 0;
  const last = filled.at(-1) ?? -1;
  const common = Math.min(...filled.filter((index) => index > 0).map((index) => indents[index] ?? 0));
  const offsets: number[] = [];
  for (let index = first; index <= last; index += 1) {
    const line = lines[index];
    if (line === undefined) continue;
    const skip = index === 0 || !Number.isFinite(common) ? 0 : common;
    pushLine(offsets, line, skip);
    if (index < last) offsets.push(line.start + line.text.length);
  }
  return offsets;
}

function splitLines(raw: string, base: number): RawLine[] {
  const lines: RawLine[] = [];
  let start = 0;
  for (const match of raw.matchAll(/\r\n|[\n\r]/g)) {
    lines.push({ text: raw.slice(start, match.index), start: base + start });
    start = match.index + match[0].length;
  }
  lines.push({ text: raw.slice(start), start: base + start });
  return lines;
}

function pushLine(offsets: number[], line: RawLine, skip: number): void {
  let index = skip;
  while (index < line.text.length) {
    if (line.text.startsWith('\\"""', index)) {
      offsets.push(line.start + index, line.start + index + 2, line.start + index + 3);
      index += 4;
    } else {
      offsets.push(line.start + index);
      index += 1;
    }
  }
}
