/** What has become of a request for some points of a quota. */
export interface Count {
  readonly allowed: boolean;
  /** Points of one window. */
  readonly limit: number;
  /** Points that are left of it; what is refused takes none. */
  readonly remaining: number;
  /** When the window ends and all of them are there again: milliseconds since 1970. */
  readonly resetAt: number;
}

/** So many points in so many milliseconds. */
export interface Quota {
  readonly requests: number;
  /** Whole milliseconds, 1 at least. A window begins with the first point that is taken, and ends this much later. */
  readonly window: number;
}

/**
 * Counts by key, each key on its own. Taking points is one step that nothing comes between, so that no number of
 * callers at once gets more than there is; what does not fit whole is refused, takes nothing and prolongs nothing.
 * `key` is bounded in length, and counters of the same key always have the same window.
 * The answer is there at once where nobody has to be asked for it. Never throws and never rejects.
 */
export interface Counters {
  consume(key: string, quota: Quota, points: number): Count | Promise<Count>;
  /** Gives points back that were taken for something that is not to count; never more than have been taken in this window. */
  refund(key: string, points: number): void | Promise<void>;
}
