import type { Principal } from '../kernel/principal.ts';
import type { Count } from '../limits/counters.ts';
import type { Entry, Inbound } from './inbound.ts';

/** A request on its way through the policies, and the place that it is for. */
export interface Admission {
  readonly inbound: Inbound;
  readonly entry: Entry;
  /** To be told once the caller is known, so that the log line of a later refusal names it. */
  identified(principal: Principal): void;
  /** To be told of each limit that the request has been counted by, with the headers that tell the client. */
  limited(count: Count, headers: readonly string[]): void;
  /** It has been counted by a limit. */
  readonly isLimited: boolean;
  /** Answers with an error, if no answer has begun. */
  fail(error: unknown): void;
  /** Tells a client that waits for it to send the body now; to be called when nothing refuses the request any more. */
  proceed(): void;
}
