import type { Json } from './json.ts';
import type { Principal } from './principal.ts';
import type { Scope } from './scope.ts';

/**
 * What was done, or tried: subject and verb. Closed, so that whoever filters the audit knows what there is to find;
 * a part of the gateway that does something new adds its words here.
 */
export type AuditAction =
  // accounts: `object` is `account:<id>`, or `username:<what was typed>` where there is no such account
  | 'account.register'
  | 'account.login'
  | 'account.refresh'
  /** A refresh token came a second time: its whole family was ended. */
  | 'account.reuse'
  | 'account.logout'
  | 'account.create'
  | 'account.update'
  | 'account.remove'
  /** An invitation that makes its user an admin was made, or taken. */
  | 'account.invite'
  // keys: `object` is `api-key:<id>` or `signing-key:<kid>`, never a key itself
  | 'api-key.create'
  | 'api-key.revoke'
  | 'signing-key.rotate'
  // what the gateway serves
  | 'configuration.reload'
  /** A caller was refused at a route or a field; `object` is `route:<pattern>` or `field:<Type.field>`. */
  | 'access.deny'
  /** The audit itself could not keep rows; `count` tells how many. */
  | 'audit.lose';

/** Who did it where that is no caller with a principal: a command on the machine, a signal, a watched file. */
export interface AuditActor {
  readonly via: Principal['via'] | 'command' | 'signal' | 'file' | 'gateway';
  /** Absent where nobody can be named. */
  readonly id?: string;
}

/** One thing that should be on record. Secrets, tokens and passwords have no place in any part of it. */
export interface AuditEvent {
  readonly action: AuditAction;
  /** `failure`: tried and not possible; `denied`: tried and not allowed. */
  readonly outcome: 'success' | 'failure' | 'denied';
  /** Where it came from: address and request id, and the caller unless `actor` names one. */
  readonly scope?: Pick<Scope, 'requestId' | 'client' | 'principal'>;
  readonly actor?: AuditActor;
  /** What it was done to: kind and id with a colon between, such as `account:42`. */
  readonly object?: string;
  /** Why not, in a few words that name no secret: an error code, say. */
  readonly reason?: string;
  /** What was so before and is after it: only what changed, and only what may be read by whoever reads the audit. */
  readonly before?: Json;
  readonly after?: Json;
}

/**
 * Puts an event on record. Returns at once and never throws: nothing that is asked of the gateway waits for its audit.
 * The same denial of the same caller is counted, not repeated.
 */
export type Audit = (event: AuditEvent) => void;

/** For where nothing is kept: `telemetry.audit: false`, and parts that are tried on their own. */
export const noAudit: Audit = () => {};
