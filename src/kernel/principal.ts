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
}
