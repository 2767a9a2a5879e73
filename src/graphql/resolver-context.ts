import type { Json } from '../kernel/json.ts';

/** Who is calling, as resolvers and `$context.user` see it. */
export interface ResolverUser {
  readonly id: string;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, Json>>;
}

/** A call that a resolver makes to one of the configured services. */
export interface ResolverRequest {
  /** `GET` if left out. */
  readonly method?: string;
  /** Path below the service's base URL; starts with `/`. Encode what you insert. */
  readonly path: string;
  /** Appended to the path, encoded; null and undefined are left out, a list repeats the name. */
  readonly query?: Readonly<Record<string, ResolverQueryValue | readonly ResolverQueryValue[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export type ResolverQueryValue = string | number | boolean | null | undefined;

/** What a resolver gets as its third argument. */
export interface ResolverContext {
  /** Null for a caller that has not proved who it is. */
  readonly user: ResolverUser | null;
  readonly requestId: string;
  /** Aborts when the client goes away or the request's time is up. */
  readonly signal: AbortSignal;
  /**
   * Calls a service under its policies and gives back the answer's JSON (undefined for an empty body).
   * The same call is made once in an operation. Throws, with the codes of a failed connector call, on
   * anything but a 2xx answer in JSON; let it pass, and the field shows the error that a connector would.
   */
  call(service: string, request: ResolverRequest): Promise<unknown>;
}

/**
 * What a resolver may give for a value of type `T`: any part of it, on every level. What it leaves out of an entity
 * is fetched by the entity's connectors.
 */
export type Stub<T> = T extends readonly (infer Item)[]
  ? Stub<Item>[]
  : T extends object
    ? { [Key in keyof T]?: Stub<T[Key]> }
    : T;
