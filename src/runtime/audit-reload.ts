import type { Config } from '../config/schema/config.ts';
import type { Audit, AuditActor } from '../kernel/audit-event.ts';
import { ConfigurationError } from '../kernel/configuration-error.ts';
import { changedKeys } from './changed-keys.ts';

/**
 * Puts a reload on record: which keys it changed, or that it failed (`outcome` is then what was thrown).
 * That the audit itself is switched off or on is on record as well.
 */
export function auditReload(audit: Audit, actor: AuditActor, before: Config, outcome: Config | Error): void {
  const failed = outcome instanceof Error;
  if (!before.telemetry.audit && (failed || !outcome.telemetry.audit)) return;
  const event = { action: 'configuration.reload', actor, object: 'configuration' } as const;
  if (!failed) {
    audit({ ...event, outcome: 'success', after: { changed: changedKeys(before, outcome) } });
    return;
  }
  const count = outcome instanceof ConfigurationError ? outcome.problems.length : 1;
  audit({ ...event, outcome: 'failure', reason: count === 1 ? 'one problem' : `${count} problems` });
}
