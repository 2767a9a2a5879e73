import type { Quota } from './counters.ts';

/** What a limit goes by: the first one in its list that a request has. */
export type By =
  | { readonly kind: 'user' | 'key' | 'ip' }
  /** `name` in lower case. */
  | { readonly kind: 'header'; readonly name: string };

/** A limit as a person writes it. */
export interface LimitTerms {
  readonly requests: number;
  /** Milliseconds. */
  readonly window: number;
  /** `user`, `key`, `ip`, `header:<Name>`. */
  readonly by: readonly string[];
  /** What a client is told that is refused; `{limit}` and `{window}` (in seconds) stand for the numbers. */
  readonly message?: string | undefined;
}

/** A limit, ready to be counted by. Plain data. */
export interface Limit extends Quota {
  /** For clients (`RateLimit-Policy`) and logs. */
  readonly name: string;
  readonly by: readonly By[];
  /** With its numbers. */
  readonly message: string;
  /** What the keys of its counters begin with: limits of the same space count together. */
  readonly space: string;
}

/** What holds for one place that requests can be for. */
export interface LimitRule {
  /** For every caller; undefined: there is none. */
  readonly limit: Limit | undefined;
  /** It was chosen for this very place, and so holds beside the limit of a caller's own key, which replaces any other. */
  readonly isOwn: boolean;
}

const MESSAGE = 'Rate limit exceeded';

/**
 * Builds a limit. `space` are the parts that set its counters apart from those of other limits, such as
 * `['limit', 'default']`; the length of the window is always one of them, for a counter keeps the one that it began with.
 */
export function createLimit(name: string, terms: LimitTerms, space: readonly string[]): Limit {
  const window = Math.max(1, Math.round(terms.window));
  return {
    name,
    requests: terms.requests,
    window,
    by: terms.by.map(parseBy),
    message: (terms.message ?? MESSAGE)
      .replaceAll('{limit}', String(terms.requests))
      .replaceAll('{window}', String(window / 1000)),
    space: [...space, String(window)].map(escapePart).join(':'),
  };
}

function parseBy(text: string): By {
  if (text.startsWith('header:')) return { kind: 'header', name: text.slice('header:'.length).toLowerCase() };
  return { kind: text === 'user' || text === 'key' ? text : 'ip' };
}

/** Parts must not run into each other. */
function escapePart(text: string): string {
  return text.replace(/[%:\s]/g, encodeURIComponent);
}
