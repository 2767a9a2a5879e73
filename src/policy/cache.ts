import type { Handler, Layer } from '../kernel/handler.ts';
import { getHeaderValues, withoutHeaders } from '../kernel/headers.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import { Changes } from './cache-changes.ts';
import {
  isNotModified,
  notModifiedHeaders,
  readValidators,
  sameVersion,
  updateHeaders,
  withConditions,
  withoutConditions,
} from './cache-condition.ts';
import { type Entry, judgeEntry, selectText } from './cache-entry.ts';
import type { CacheStore, Miss } from './cache-store.ts';
import { judgeTerms, type TermsOptions } from './cache-terms.ts';
import { readWish, type Wish } from './cache-wish.ts';

/** As much of a request as a cache needs. */
export interface Requested {
  readonly method: string;
  /** Identifies the resource within the store. */
  readonly path: string;
  /** As they go out. */
  readonly headers: Headers;
}

/** As much of an answer as a cache needs. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** What the `keep` layer has done: its body is being kept, or it is a kept one that the service has confirmed. */
  readonly kept?: 'stored' | 'confirmed';
}

export interface CacheOptions<Q extends Requested, S extends Answered, B> extends TermsOptions {
  readonly store: CacheStore<Entry<B>>;
  /** `keep`: goes by the cache; `pass`: does not, and its answer says so; `off`: there is no cache. */
  use(request: Q): 'keep' | 'pass' | 'off';
  /** Whether the entry can be given to this request, apart from what headers say. */
  suits(entry: Entry<B>, request: Q): boolean;
  /** A GET like the request, with these headers. */
  derive(request: Q, headers: Headers): Q;
  /** The scope of a call that the gateway makes for itself. */
  ownScope(scope: Scope): Scope;
  /** Calls back with the body and its bytes once all of it is here; false if it is too large to be kept. */
  record(answer: S, whole: (body: B, size: number) => void): boolean;
  /** The same answer with a note of what became of it. */
  note(answer: S, kept: 'stored' | 'confirmed'): S;
  /** A kept answer. `age` in whole seconds; undefined: the service has just confirmed it. */
  revive(kept: Pick<Entry<B>, 'status' | 'headers' | 'body'>, age: number | undefined): S;
  /** The answer with this status and these headers and without its body. */
  bare(answer: S, status: number, headers: Headers): S;
  /** Puts on an answer what happened, as `Cache-Status` (RFC 9211) has it after the cache's name. */
  mark(request: Q, answer: S, what: string): S;
  /** Reads an answer to its end, for the sake of keeping it. */
  drain(answer: S): Promise<void>;
  discard(answer: S): void;
  /** Whether a kept answer may stand in for this error. */
  standsInFor(error: unknown): boolean;
  /** What a request gets that wants nothing but what is kept, where there is nothing. */
  notCached(): Error;
}

/** Answers in whose place a stale one may be given (RFC 5861, section 4). */
const FAILURES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** A request on its way through the `lookup` layer. */
interface Look<Q, S> {
  readonly next: Handler<Q, S>;
  readonly request: Q;
  readonly scope: Scope;
  readonly wish: Wish | undefined;
}

/**
 * A shared cache (RFC 9111), as two layers: `lookup` stands where a hit saves the most, `keep` where each answer passes
 * once, however many callers wait for it.
 */
export class Cache<Q extends Requested, S extends Answered, B> {
  readonly #options: CacheOptions<Q, S, B>;
  /** Which entry a request asks the service to confirm or replace. */
  readonly #replaced = new WeakMap<Q, Entry<B>>();
  readonly #changes = new Changes();
  /** Whether anything was ever kept: one route of a service may have a cache where the others have none. */
  #filled = false;

  constructor(options: CacheOptions<Q, S, B>) {
    this.#options = options;
  }

  /** Answers from what is kept, if it may; else has the service confirm or replace it. */
  readonly lookup: Layer<Q, S> = (next) => (request, scope) => {
    const use = this.#options.use(request);
    const { method } = request;
    if (use === 'off' && !this.#filled) return next(request, scope);
    if (!SAFE.has(method)) return this.#change(next, request, scope, use !== 'off');
    if (use === 'off') return next(request, scope);
    const look: Look<Q, S> = { next, request, scope, wish: readWish(request.headers) };
    if (method !== 'GET' && method !== 'HEAD') return this.#forward(look, 'method');
    if (use === 'pass' || look.wish?.bypass) return this.#forward(look, 'bypass');
    if (look.wish?.noStore) return this.#forward(look, 'request');
    const found = this.#options.store.find(request.path, (names) => selectText(names, request.headers));
    return found instanceof Promise
      ? found.then((entry) => this.#answer(look, entry))
      : this.#answer(look, found);
  };

  /** Keeps what passes, if it may; turns the confirmation of a kept answer into that answer. */
  readonly keep: Layer<Q, S> = (next) => (request, scope) =>
    request.method === 'GET' && this.#options.use(request) === 'keep'
      ? this.#fetch(next, request, scope)
      : next(request, scope);

  #answer(look: Look<Q, S>, found: Entry<B> | Miss): Promise<S> {
    const { request, wish } = look;
    const { clock, suits, notCached } = this.#options;
    if (typeof found === 'string' || !suits(found, request)) {
      if (wish?.onlyIfCached) return Promise.reject(notCached());
      return this.#forward(look, typeof found === 'string' ? found : 'vary-miss');
    }
    const now = clock.now();
    const verdict = judgeEntry(found.terms, wish, now);
    if (verdict === 'stale' || verdict === 'request')
      return wish?.onlyIfCached ? Promise.reject(notCached()) : this.#renew(look, found, verdict);
    if (verdict === 'refresh') this.#refresh(look, found);
    const ttl = verdict === 'fresh' ? '' : `; ttl=${Math.floor((found.terms.freshUntil - now) / 1000)}`;
    return Promise.resolve(this.#give(look, found, `hit${ttl}`));
  }

  /** An entry as the answer to a request. */
  #give(look: Look<Q, S>, entry: Entry<B>, what: string): S {
    const { clock, revive, mark } = this.#options;
    const age = Math.max(0, Math.floor((clock.now() - entry.terms.born) / 1000));
    return mark(look.request, this.#fit(look, revive(entry, age)), what);
  }

  /** A whole answer as the request wants it: without its body, if it asked for none or has it already. */
  #fit({ request, wish }: Look<Q, S>, answer: S): S {
    const { bare } = this.#options;
    const { status, headers } = answer;
    if (wish?.conditional && status === 200 && isNotModified(request.headers, headers))
      return bare(answer, 304, notModifiedHeaders(headers));
    return request.method === 'HEAD' ? bare(answer, status, headers) : answer;
  }

  /** Passes a request on, and says why. */
  async #forward({ next, request, scope }: Look<Q, S>, why: string): Promise<S> {
    return this.#markForwarded(request, await next(request, scope), why);
  }

  #markForwarded(request: Q, answer: S, why: string): S {
    return this.#options.mark(request, answer, `fwd=${why}${answer.kept === 'stored' ? '; stored' : ''}`);
  }

  /** Passes on what changes something. Once it has, nothing holds that is kept of the resource (RFC 9111, 4.4). */
  async #change(next: Handler<Q, S>, request: Q, scope: Scope, marked: boolean): Promise<S> {
    const { store, mark } = this.#options;
    const answer = await next(request, scope);
    if (answer.status < 400) {
      this.#changes.note(request.path);
      store.removeAll(request.path);
    }
    return marked ? mark(request, answer, 'fwd=method') : answer;
  }

  /** Has the service confirm or replace an entry. If it fails, the entry is given where its terms allow that. */
  async #renew(look: Look<Q, S>, entry: Entry<B>, why: 'stale' | 'request'): Promise<S> {
    const { next, request, scope } = look;
    const { clock, standsInFor, discard, mark } = this.#options;
    const mayStandIn = () => why === 'stale' && clock.now() < entry.terms.errorUntil;
    const standIn = () => this.#give(look, entry, `fwd=${why}; detail=stale-if-error`);
    try {
      const answer = await next(request.method === 'HEAD' ? request : this.#replacing(entry, request), scope);
      if (answer.kept === 'confirmed')
        return mark(request, this.#fit(look, answer), `fwd=${why}; fwd-status=304`);
      if (!FAILURES.has(answer.status) || !mayStandIn()) return this.#markForwarded(request, answer, why);
      discard(answer);
      return standIn();
    } catch (error) {
      if (standsInFor(error) && mayStandIn()) return standIn();
      throw error;
    }
  }

  /** Fetches a newer answer in the background, once. Its failure is nobody's: the next request finds out by itself. */
  #refresh({ next, request, scope }: Look<Q, S>, entry: Entry<B>): void {
    if (entry.refreshing) return;
    entry.refreshing = true;
    const { ownScope, drain } = this.#options;
    next(this.#replacing(entry, request), ownScope(scope))
      .then(drain)
      .catch(ignore)
      .finally(() => {
        entry.refreshing = false;
      });
  }

  #replacing(entry: Entry<B>, request: Q): Q {
    const replacing = this.#options.derive(request, withConditions(request.headers, entry));
    this.#replaced.set(replacing, entry);
    return replacing;
  }

  async #fetch(next: Handler<Q, S>, request: Q, scope: Scope): Promise<S> {
    const { clock, store, derive, discard } = this.#options;
    const entry = this.#replaced.get(request);
    const begun = clock.now();
    const moment = this.#changes.count;
    const answer = await next(request, scope);
    if (answer.status !== 304) return this.#record({ request, begun, moment }, answer, entry);
    // To a condition of the client's own, it is the client's answer.
    if (entry === undefined || (entry.etag ?? entry.lastModified) === undefined) return answer;
    if (confirms(answer.headers, entry)) return this.#confirm({ request, begun, moment }, answer, entry);
    // It speaks of a version that is not here (RFC 9111, 4.3.3): all of it is needed.
    store.remove(entry.place);
    discard(answer);
    const whole = derive(request, withoutConditions(request.headers));
    return this.#fetch(next, whole, scope);
  }

  #record(fetched: Fetched<Q>, answer: S, replaced: Entry<B> | undefined): S {
    const { store, record, note } = this.#options;
    const { request, begun } = fetched;
    const { status, headers } = answer;
    const terms = judgeTerms({ request: request.headers, status, answer: headers, begun }, this.#options);
    const recorded =
      terms !== undefined &&
      record(answer, (body, size) =>
        this.#put(fetched, { terms, status, headers: withoutAge(headers), body, size }),
      );
    if (recorded) return note(answer, 'stored');
    // What has come in its place can't be kept; a failure has not come in its place.
    if (replaced !== undefined && status < 500) store.remove(replaced.place);
    return answer;
  }

  /** Brings an entry up to date by a 304, and gives it as the answer (RFC 9111, 4.3.4). */
  #confirm(fetched: Fetched<Q>, answer: S, entry: Entry<B>): S {
    const { store, note, revive, discard } = this.#options;
    const { request, begun } = fetched;
    const { status, body, size } = entry;
    const updated = updateHeaders(entry.headers, answer.headers);
    const headers = withoutAge(updated);
    const terms = judgeTerms({ request: request.headers, status, answer: updated, begun }, this.#options);
    store.remove(entry.place);
    if (terms !== undefined) this.#put(fetched, { terms, status, headers, body, size });
    discard(answer);
    // Cookies are for those who asked just now.
    const given = [...headers, ...cookiesOf(answer.headers)];
    return note(revive({ status, headers: given, body }, undefined), 'confirmed');
  }

  #put({ request, moment }: Fetched<Q>, kept: Keepable<B>): void {
    const { path, headers } = request;
    if (this.#changes.since(path, moment)) return;
    const { names } = kept.terms;
    const place = { uri: path, names, selected: selectText(names, headers) };
    const entry = { ...kept, ...readValidators(kept.headers), place, refreshing: false };
    this.#filled = true;
    this.#options.store.put(place, entry, kept.size);
  }
}

/** A request that was answered, and since when its answer may be out of date. */
interface Fetched<Q> {
  readonly request: Q;
  readonly begun: number;
  readonly moment: number;
}

type Keepable<B> = Pick<Entry<B>, 'terms' | 'status' | 'headers' | 'body' | 'size'>;

/** Whether a 304 is about the version that is kept (RFC 9111, 4.3.4). Without a tag of its own it can mean no other. */
function confirms(news: Headers, { etag }: Entry<unknown>): boolean {
  const said = readValidators(news).etag;
  return said === undefined || etag === undefined || sameVersion(said, etag);
}

/** The age is another one each time. */
function withoutAge(headers: Headers): Headers {
  return withoutHeaders(headers, (name) => name === 'age');
}

function cookiesOf(headers: Headers): string[] {
  return getHeaderValues(headers, 'set-cookie').flatMap((value) => ['set-cookie', value]);
}

function ignore(): void {}
