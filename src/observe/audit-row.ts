import type { AuditEvent } from '../kernel/audit-event.ts';
import { newUuidV7 } from '../kernel/id.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import type { AuditRow } from '../storage/audit-store.ts';

/** Characters of a name or a reason that are kept: some of them were typed by who knows whom. */
const MAX_TEXT = 256;
/** Characters of `before` and of `after`, as JSON. */
const MAX_STATE = 8192;
/** Names of what is never shown, whatever its value. */
const SECRET =
  /secret|password|passwd|token|authorization|cookie|credential|hash|salt|^(?:x-)?(?:api|private|signing|service|internal)?[-_]?keys?$/i;

/** Several times the same, as one row. */
export interface Repeats {
  readonly count: number;
  /** When the last of them was, in milliseconds since 1970. */
  readonly until: number;
}

/** Makes rows out of events. `time` in milliseconds since 1970, `retention` in milliseconds. */
export function createRowMaker(
  retention: number,
): (event: AuditEvent, time: number, repeats?: Repeats) => AuditRow {
  const newId = createOrderedIds();
  return (event, time, repeats) => {
    const { scope, actor = scope?.principal } = event;
    const until = repeats?.until ?? time;
    return {
      id: newId(time),
      time,
      until,
      expires: until + retention,
      count: repeats?.count ?? 1,
      action: event.action,
      outcome: event.outcome,
      actor: text(actor?.id),
      via: actor?.via ?? null,
      ip: text(scope?.client?.ip),
      // Of several requests there is no one id.
      request: repeats === undefined ? text(scope?.requestId) : null,
      object: text(event.object),
      reason: text(event.reason),
      before: state(event.before),
      after: state(event.after),
    };
  };
}

/**
 * UUIDs of version 7 that sort in the order in which they were made, also within a millisecond: the twelve bits after
 * the version count (RFC 9562, section 6.2, method 1). The same process never makes a smaller one, whatever the wall says.
 */
function createOrderedIds(): (wall: number) => string {
  let latest = 0;
  let count = 0;
  return (wall) => {
    count = wall > latest ? 0 : count + 1;
    latest = Math.max(latest, wall);
    if (count > 0xfff) {
      latest += 1;
      count = 0;
    }
    const id = newUuidV7(latest);
    return `${id.slice(0, 15)}${count.toString(16).padStart(3, '0')}${id.slice(18)}`;
  };
}

/** PostgreSQL takes no NUL in a text. */
function text(value: string | undefined): string | null {
  if (value === undefined) return null;
  const shown = value.replaceAll('\0', '\u{fffd}');
  return shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}…` : shown;
}

function state(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const json = JSON.stringify(withoutSecrets(value));
  return json.length > MAX_STATE ? JSON.stringify({ omitted: `${json.length} characters` }) : json;
}

/** Whoever tells of a change leaves secrets out; this is for the day when somebody forgets. */
function withoutSecrets(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      name,
      SECRET.test(name) && isTelling(inner) ? '[redacted]' : withoutSecrets(inner),
    ]),
  );
}

/** A number or a flag of that name (how long a token lasts, whether there is one) gives nothing away. */
function isTelling(value: Json): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

/** A row as people and programs read it, in the log and in the export; what is not known is left out. */
export function showRow(row: AuditRow): JsonObject {
  const shown: Record<string, Json | undefined> = {
    id: row.id,
    time: new Date(row.time).toISOString(),
    action: row.action,
    outcome: row.outcome,
    who: compact({ id: row.actor, via: row.via }),
    from: compact({ ip: row.ip, request: row.request }),
    object: row.object,
    reason: row.reason,
    before: row.before === null ? null : (JSON.parse(row.before) as Json),
    after: row.after === null ? null : (JSON.parse(row.after) as Json),
    ...(row.count > 1 ? { count: row.count, until: new Date(row.until).toISOString() } : {}),
  };
  return compact(shown) ?? {};
}

function compact(fields: Readonly<Record<string, Json | undefined>>): JsonObject | undefined {
  const known = Object.entries(fields).filter(
    (field): field is [string, Json] => field[1] !== null && field[1] !== undefined,
  );
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
