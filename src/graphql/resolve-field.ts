import { type GraphQLResolveInfo, isListType, isNonNullType } from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Variables } from '../connect/mapping/mapping.ts';
import type { GatewayError } from '../kernel/error.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { AbsentEntityError, isCallFailure } from './call-error.ts';
import type { CompiledField } from './compile-schema.ts';
import { completeValue } from './complete-value.ts';
import type { ResolverFunction } from './custom-resolver.ts';
import { type Loaded, ObjectNode } from './object-node.ts';
import type { Operation } from './operation.ts';
import { type MissingPart, type Part, type Piece, piecesOf } from './part.ts';
import { UNKNOWN, valueAt } from './provided.ts';
import { neededConnectors } from './selection.ts';
import { askedPaths, thisPaths, type Way } from './way.ts';

/** A field of one object, being resolved. */
interface Place {
  readonly operation: Operation;
  readonly field: CompiledField;
  /** Undefined at the root. */
  readonly node: ObjectNode | undefined;
  readonly args: Record<string, unknown>;
  readonly info: GraphQLResolveInfo;
}

/** What was fetched of the parent before a field could be resolved. */
interface Ground {
  /** Set if the entity is not there (any more): who says so. */
  readonly absent: Connector | undefined;
  /** Kept answers that may stand in for a failed call. */
  readonly stale: readonly Part[];
}

const READY: Ground = { absent: undefined, stale: [] };

/** Resolves any field of the schema: this is what the execution calls for each of them. */
export function resolveField(
  source: unknown,
  args: Record<string, unknown>,
  operation: Operation,
  info: GraphQLResolveInfo,
): unknown {
  const field = operation.compiled.field(info.parentType, info.fieldName);
  if (field === undefined) return undefined;
  const refused = operation.refusal(field);
  if (refused !== undefined) throw refused;
  const node = source instanceof ObjectNode ? source : undefined;
  const place: Place = { operation, field, node, args, info };
  if (field.limits.length === 0) return resolveAllowed(place);
  const over = operation.overLimit(field, args);
  if (over instanceof Promise) return over.then((error) => resolveWithin(place, error));
  return resolveWithin(place, over);
}

function resolveWithin(place: Place, over: GatewayError | undefined): unknown {
  if (over !== undefined) throw over;
  return resolveAllowed(place);
}

function resolveAllowed(place: Place): unknown {
  const { field, operation } = place;
  if (field.mutates) operation.forget();
  const { fallback } = field;
  return fallback?.value === undefined ? resolve(place) : resolveOrFallBack(place, fallback.value);
}

async function resolveOrFallBack(place: Place, value: Json): Promise<unknown> {
  try {
    return await resolve(place);
  } catch (error) {
    if (!isCallFailure(error)) throw error;
    place.operation.noteFallback(place.info, 'value', error);
    return complete(place, [{ value, shape: UNKNOWN, producer: undefined, kind: 'closed' }]);
  }
}

function resolve(place: Place): unknown {
  const { node, info } = place;
  if (node === undefined) return produce(place, READY);
  const loads = node.loadsFor(String(info.path.key));
  if (loads.length > 0) return resolveAfter(place, node, loads);
  const failed = missingPart(node, place.field);
  return failed === undefined ? produce(place, READY) : onGround(place, blameMissing(place, node, failed));
}

/** Waits for the entity calls that the field needs. */
function resolveAfter(place: Place, node: ObjectNode, loads: readonly Way[]): Promise<unknown> {
  const go = (results: readonly Loaded[]) => onGround(place, groundOf(place, node, loads, results));
  const [first] = loads as readonly [Way, ...Way[]];
  if (loads.length === 1) return node.load(first).then((loaded) => go([loaded]));
  return Promise.all(loads.map((load) => node.load(load))).then(go);
}

function onGround(place: Place, ground: Ground | undefined): unknown {
  return ground === undefined ? null : produce(place, ground);
}

function produce(place: Place, ground: Ground): unknown {
  const { field } = place;
  if (field.custom !== undefined) return callResolver(place, field.custom.resolve);
  if (field.connectors.length > 0) return callConnectors(place, ground);
  return readField(place, ground);
}

/** What came of the entity calls; undefined: one failed, and another field tells. */
function groundOf(
  place: Place,
  node: ObjectNode,
  loads: readonly Way[],
  results: readonly Loaded[],
): Ground | undefined {
  const { operation, field, info } = place;
  const allowed = field.fallback?.stale ?? 0;
  const stale: Part[] = [];
  for (const [index, loaded] of results.entries()) {
    if (loaded.kind === 'absent') continue;
    const failure = loaded.kind === 'failed' ? loaded.error : loaded.part.stale?.failure;
    if (failure === undefined) continue;
    const age = loaded.kind === 'part' ? (loaded.part.stale?.age ?? 0) : Number.POSITIVE_INFINITY;
    if (loaded.kind === 'part' && allowed > 0 && age <= allowed) {
      stale.push(loaded.part);
      operation.noteFallback(info, 'stale', failure as GatewayError);
      continue;
    }
    const load = loads[index] as Way;
    return blame(place, node, load, failure, (key) => node.loadsFor(key).includes(load));
  }
  const absent = results.findIndex((loaded) => loaded.kind === 'absent');
  return { absent: loads[absent]?.connector, stale };
}

function missingPart(node: ObjectNode, field: CompiledField): MissingPart | undefined {
  for (const path of ownPaths(field)) {
    const failed = node.missingFor(path);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

function blameMissing(place: Place, node: ObjectNode, failed: MissingPart): undefined {
  return blame(place, node, failed, failed.error, (_key, field) => missingPart(node, field) === failed);
}

/** What a field looks at in its own object. */
function ownPaths(field: CompiledField): readonly (readonly string[])[] {
  if (field.custom !== undefined) return field.custom.requires.map((name) => [name]);
  return field.connectors.length > 0 ? field.connectors.flatMap(thisPaths) : [[field.name]];
}

/**
 * Throws the failure if it is for this field to tell, so that each object tells of it once; a field that may not
 * be null and one with a fallback need to know in any case, and on one with a limit the others can't rely.
 */
function blame(
  { field, info }: Place,
  node: ObjectNode,
  cause: object,
  failure: unknown,
  needsIt: (key: string, field: CompiledField) => boolean,
): undefined {
  const tells =
    field.fallback?.value !== undefined ||
    field.limits.length > 0 ||
    isNonNullType(field.definition.type) ||
    node.reports(cause, String(info.path.key), needsIt);
  if (tells) throw failure;
  return undefined;
}

function readField(place: Place, ground: Ground): unknown {
  const { node, field, info, args, operation } = place;
  if (node === undefined) return null;
  const waited = node.loadsFor(String(info.path.key));
  const pieces = [...node.pieces(field.name, waited), ...piecesOf(ground.stale, field.name)];
  if (pieces.length === 0 && ground.absent !== undefined) return absentValue(place, ground.absent);
  const live = pieces[0]?.kind === 'live' ? pieces[0] : undefined;
  if (live === undefined) return complete(place, pieces, node.missingBelow(field.name));
  const value = typeof live.value === 'function' ? live.value(args, operation.context, info) : live.value;
  if (!(value instanceof Promise)) return complete(place, [{ ...live, value }]);
  return value.then((settled: unknown) => complete(place, [{ ...live, value: settled }]));
}

/** A field of an entity that its service does not have. */
function absentValue({ node, field }: Place, connector: Connector): null {
  if (!isNonNullType(field.definition.type)) return null;
  throw new AbsentEntityError(field.parent.name, connector, node?.nullable ?? false);
}

async function callResolver(place: Place, resolver: ResolverFunction): Promise<unknown> {
  const { node, args, operation, info } = place;
  const value = await resolver(node?.whole(), args, operation.context, info);
  return complete(place, [{ value, shape: UNKNOWN, producer: undefined, kind: 'live' }]);
}

async function callConnectors(place: Place, ground: Ground): Promise<unknown> {
  const { operation, field, node, info } = place;
  const connectors = neededConnectors(field, operation.selection(info));
  const paths = connectors.flatMap(thisPaths);
  if (ground.absent !== undefined && paths.some((path) => !node?.has(path)))
    return absentValue(place, ground.absent);
  if (node !== undefined && asksWithNothing(node, connectors)) return complete(place, []);
  const inputs = { $args: place.args as JsonObject, ...(node && { $this: node.collect(paths) }) };
  const outcomes = await Promise.allSettled(connectors.map((connector) => callOne(place, connector, inputs)));
  const pieces = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = outcomes.flatMap((one, index) =>
    one.status === 'rejected'
      ? [{ provides: (connectors[index] as Connector).provides, error: one.reason as unknown }]
      : [],
  );
  // Part of an object is better than none of it; part of anything else is not.
  const usable = pieces.some((piece) => isJsonObject(piece.value));
  if (failed[0] !== undefined && !usable) throw failed[0].error;
  return complete(place, pieces, failed);
}

/** All that the calls would say of the parent is null: they would ask for something else than what belongs to it. */
function asksWithNothing(node: ObjectNode, connectors: readonly Connector[]): boolean {
  const paths = connectors.flatMap(askedPaths);
  if (paths.length === 0) return false;
  const parent = node.collect(paths);
  return paths.every((path) => (valueAt(parent, path) ?? null) === null);
}

async function callOne(place: Place, connector: Connector, inputs: Variables): Promise<Piece> {
  const { operation, field, info } = place;
  const answer = await operation.call(connector, {
    inputs,
    mutates: field.mutates,
    // The same for whoever makes this call, so that it is the same call.
    stale: operation.compiled.staleOf(connector),
    mayBeAbsent: mayBeAbsent(field, connector),
  });
  if (answer.stale !== undefined) {
    const allowed = field.fallback?.stale ?? 0;
    if (allowed === 0 || answer.stale.age > allowed) throw answer.stale.failure;
    operation.noteFallback(info, 'stale', answer.stale.failure);
  }
  return { value: answer.value, shape: connector.provides, producer: connector, kind: 'mapped' };
}

/** One thing, asked for by what identifies it, where null may stand: no such thing is an answer. */
export function mayBeAbsent(field: CompiledField, connector: Connector): boolean {
  const { type } = field.definition;
  if (field.mutates || isNonNullType(type) || isListType(type)) return false;
  return connector.uses.some((use) => use.variable === '$args' || use.variable === '$this');
}

function complete(
  { operation, field, info }: Place,
  pieces: readonly Piece[],
  missing: readonly MissingPart[] = [],
): unknown {
  const selection = () => operation.selection(info);
  return completeValue({ host: operation, field, selection, missing }, pieces);
}
