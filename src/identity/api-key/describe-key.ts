import type { ApiKey } from './api-key.ts';

/**
 * A key as people and programs are shown it: with what it is called by, and nothing that could be used as one. JSON, as
 * an interface would not be: it could get other members.
 */
export type KeyDescription = {
  readonly id: string;
  /** How its text begins. */
  readonly prefix: string;
  readonly name: string;
  readonly owner: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly limit: { readonly requests: number; readonly window: string } | null;
  /** ISO 8601, as all of them. */
  readonly created_at: string;
  readonly expires_at: string | null;
  /** To the minute. */
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
};

export function describeKey(key: ApiKey): KeyDescription {
  return {
    id: key.id,
    prefix: `portico_${key.id}`,
    name: key.name,
    owner: key.owner,
    roles: key.roles,
    scopes: key.scopes,
    limit: key.limit ? { requests: key.limit.requests, window: duration(key.limit.windowMs) } : null,
    created_at: moment(key.createdAt) as string,
    expires_at: moment(key.expiresAt),
    last_used_at: moment(key.lastUsedAt),
    revoked_at: moment(key.revokedAt),
  };
}

function moment(wall: number | undefined): string | null {
  return wall === undefined ? null : new Date(wall).toISOString();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** As the configuration writes durations. */
function duration(ms: number): string {
  const unit = UNITS.find(([, size]) => ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
