import type { AuditEvent } from '../kernel/audit-event.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Repeats } from './audit-row.ts';

/** Milliseconds in which the same counts as a repetition. */
const WINDOW = 60_000;
/** Different things that are told apart within that time; what comes beyond is only counted. */
const MAX_KINDS = 1000;

/** Puts an event on record, as one or for several. */
type Keep = (event: AuditEvent, time: number, repeats?: Repeats) => void;

interface Kind {
  readonly event: AuditEvent;
  /** When the first one that has no row yet was. */
  since: number;
  until: number;
  count: number;
}

export interface AuditRepeats {
  take(event: AuditEvent): void;
  /** Puts on record what has only been counted so far. */
  flush(): void;
}

/**
 * Keeps a flood of the same from becoming a flood of rows. The first time that somebody is refused something is put on
 * record at once; how often it came again within the minute follows in one row at its end. Nothing that a client sends
 * makes this grow: beyond a bound of different callers, addresses and objects, what is new in that minute is one number.
 */
export function createAuditRepeats(keep: Keep, clock: Clock): AuditRepeats {
  const kinds = new Map<string, Kind>();
  const others = new Map<AuditEvent['action'], Kind>();
  let timer: Timer | undefined;

  function take(event: AuditEvent): void {
    const now = clock.wall();
    timer ??= clock.after(WINDOW, flush);
    const key = keyOf(event);
    const known = kinds.get(key);
    if (known !== undefined) {
      again(known, now);
      return;
    }
    if (kinds.size >= MAX_KINDS) {
      const other = others.get(event.action) ?? { event: anonymous(event), since: now, until: now, count: 0 };
      others.set(event.action, other);
      again(other, now);
      return;
    }
    kinds.set(key, { event, since: now, until: now, count: 0 });
    keep(event, now);
  }

  function flush(): void {
    timer?.cancel();
    timer = undefined;
    const counted = [...kinds.values(), ...others.values()];
    kinds.clear();
    others.clear();
    for (const { event, since, until, count } of counted) if (count > 0) keep(event, since, { count, until });
  }

  return { take, flush };
}

function again(kind: Kind, now: number): void {
  if (kind.count === 0) kind.since = now;
  kind.until = now;
  kind.count += 1;
}

function keyOf({ action, outcome, reason, object, scope, actor = scope?.principal }: AuditEvent): string {
  return JSON.stringify([action, outcome, reason, object, actor?.via, actor?.id, scope?.client?.ip]);
}

/** Of many callers at once: who and where would be only one of them. */
function anonymous({ action, outcome }: AuditEvent): AuditEvent {
  return { action, outcome, reason: 'too many to tell apart' };
}
