import type { Json } from './json.ts';

/** Who is calling. One shape, whichever way it was proved. */
export interface Principal {
  readonly via: 'jwt' | 'api-key' | 'service-key' | 'account';
  /** Unique within the gateway; what limits, caches and logs go by. */
  readonly id: string;
  readonly name: string | undefined;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Everything the proof said, for mappings (`$context.user.claims`). */
  readonly claims: Readonly<Record<string, Json>>;
  /** Id of the API key or service key that it came with: what limits `by: [key]` go by. Never the key itself. */
  readonly keyId?: string;
  /**
   * A limit of the caller's own; only API keys have one. Counted by `keyId`, wherever the key is used, in place of
   * `limits.default`, and beside a limit that a route has for itself.
   */
  readonly limit?: CallerLimit;
}

/** So many requests in so many milliseconds. */
export interface CallerLimit {
  readonly requests: number;
  readonly windowMs: number;
}
