import type { Connector } from '../blueprint/blueprint.ts';
import type { Shape } from '../connect/mapping/mapping.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Answer } from './call-connector.ts';
import { covers, gives, shapeOfField } from './provided.ts';

/** What one producer gave of an object. */
export interface Part {
  readonly data: JsonObject;
  readonly shape: Shape;
  /** The connector whose answer it is; undefined for a resolver's value or a fallback. */
  readonly producer: Connector | undefined;
  /** `live`: made by a resolver, may hold functions and promises; `closed`: a fallback, what it lacks is null. */
  readonly kind: 'mapped' | 'live' | 'closed';
  readonly stale: Answer['stale'];
}

/** One value of a field, as one part has it. */
export interface Piece {
  readonly value: unknown;
  readonly shape: Shape;
  readonly producer: Connector | undefined;
  readonly kind: Part['kind'];
}

/** A connector of several on one field that failed while others answered. */
export interface MissingPart {
  readonly provides: Shape;
  readonly error: unknown;
}

/** Whether the part answers for the field, be it with null. */
export function partGives(part: Part, field: string): boolean {
  if (part.kind === 'closed') return true;
  if (part.kind === 'live') return field in part.data && part.data[field] !== undefined;
  return gives(part.shape, field, part.data);
}

/** Whether the part answers for a field below it; a null on the way is an answer too. */
export function partHas(part: Part, path: readonly string[]): boolean {
  let data: Json | undefined = part.data;
  let shape = part.shape;
  for (const [depth, name] of path.entries()) {
    if (data === null || data === undefined) return true;
    if (!isJsonObject(data)) return covers(shape, path, depth);
    if (!partGives({ ...part, data, shape }, name)) return false;
    data = data[name];
    shape = shapeOfField(shape, name);
  }
  return true;
}

/** A field's values in these parts, of those that give it. */
export function piecesOf(parts: readonly Part[], field: string): Piece[] {
  const pieces: Piece[] = [];
  for (const part of parts) {
    if (!partGives(part, field)) continue;
    const { shape, producer, kind } = part;
    // A resolver's object may inherit what it gives; of an answer, `constructor` is a field like any other.
    const raw: unknown = kind === 'live' || Object.hasOwn(part.data, field) ? part.data[field] : undefined;
    // A resolver may give objects with methods, which look at the object.
    const value = typeof raw === 'function' ? raw.bind(part.data) : raw;
    pieces.push({ value, shape: shapeOfField(shape, field), producer, kind });
  }
  return pieces;
}
