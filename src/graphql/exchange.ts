import { GatewayError } from '../kernel/error.ts';
import { parseExactJson } from '../kernel/exact-json.ts';
import { getHeader } from '../kernel/headers.ts';
import type { Json } from '../kernel/json.ts';
import type { Headers, Scope } from '../kernel/scope.ts';
import type { BufferedResponse, Upstream, UpstreamResponse } from '../upstream/upstream.ts';
import { asCallError, CallError } from './call-error.ts';
import { ReadScope } from './read-scope.ts';

/**
 * Bytes of one answer that are read at the most. An answer is held, parsed and mapped as a whole, several at a
 * time for each operation: beyond this size it belongs on a REST route, which streams.
 */
export const ANSWER_LIMIT = 16 * 1024 * 1024;

/** One call as it goes out: the same key means the same call. */
export interface ExchangeRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string | undefined;
  /** A call that changes something: made each time it is asked for. */
  readonly mutates: boolean;
  /** Milliseconds for which a good answer may stand in for a failed call; 0: none. */
  readonly stale: number;
  readonly accept: (response: BufferedResponse) => boolean;
}

/** The answer to a call, read. */
export interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  readonly payload: Payload;
  /** Set if the call failed and this is an answer kept from before. */
  readonly stale: { readonly age: number; readonly failure: unknown } | undefined;
}

/** What a mapping starts from. `text` of a type that is not JSON may still turn out to be JSON. */
export type Payload =
  | { readonly kind: 'json'; readonly value: Json | undefined }
  | { readonly kind: 'text'; readonly text: string; readonly plain: boolean }
  | { readonly kind: 'broken'; readonly cause: unknown };

/** The calls of one operation: the same one is made once, and no service gets more than it allows. */
export class Exchanges {
  readonly #upstreams: ReadonlyMap<string, Upstream>;
  readonly #bound: (service: string) => number;
  readonly #scope: Scope;
  readonly #reads: ReadScope;
  readonly #made = new Map<string, Promise<Exchange>>();
  /** Calls that change something, in their order. */
  readonly #changes: Promise<Exchange>[] = [];
  readonly #counts = new Map<string, number>();
  #takenOver = false;
  #underWay = 0;

  /** `bound`: calls that an operation may make to a service, 0 for any number. */
  constructor(upstreams: ReadonlyMap<string, Upstream>, bound: (service: string) => number, scope: Scope) {
    this.#upstreams = upstreams;
    this.#bound = bound;
    this.#scope = scope;
    this.#reads = new ReadScope(scope);
  }

  /** The answer to the request; throws a `CallError` if there was none. */
  send(request: ExchangeRequest): Promise<Exchange> {
    if (request.mutates) return this.#change(request);
    const key = keyOf(request);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#make(request);
    this.#made.set(key, made);
    return made;
  }

  #change(request: ExchangeRequest): Promise<Exchange> {
    const before = this.#takenOver ? this.#changes.shift() : undefined;
    if (before !== undefined) return before;
    const made = this.#make(request);
    if (!this.#takenOver) this.#changes.push(made);
    return made;
  }

  /** The same calls will be asked for once more, in the same order: none of them is made again. */
  takeOver(): void {
    this.#takenOver = true;
  }

  /** What was read so far may be out of date: a mutation runs. */
  forget(): void {
    this.#made.clear();
  }

  /** The operation has its result: calls that nobody waits for any more are aborted, unless they change something. */
  end(): void {
    this.#reads.end(this.#underWay > 0);
  }

  async #make(request: ExchangeRequest): Promise<Exchange> {
    const { service } = request;
    const upstream = this.#upstreams.get(service);
    if (upstream === undefined) throw new Error(`No upstream for the service "${service}"`);
    this.#count(service);
    this.#underWay++;
    try {
      const scope = request.mutates ? this.#scope : this.#reads.scope;
      return await readAnswer(await upstream.call(upstreamRequest(request), scope));
    } catch (error) {
      throw asCallError(error, service);
    } finally {
      this.#underWay--;
    }
  }

  #count(service: string): void {
    const bound = this.#bound(service);
    const count = (this.#counts.get(service) ?? 0) + 1;
    if (bound > 0 && count > bound) {
      const message = `The operation needs more calls of service "${service}" than the ${bound} that are allowed`;
      throw new CallError('UPSTREAM_OVERLOADED', { connector: undefined, service, message });
    }
    this.#counts.set(service, count);
  }
}

function keyOf(request: ExchangeRequest): string {
  const { service, method, path, headers, body, stale } = request;
  // Neither a path nor a header can hold a line feed, so that the parts can't run into each other.
  return `${service}\n${stale} ${method} ${path}\n${headers.join('\n')}\n\n${body ?? ''}`;
}

function upstreamRequest(request: ExchangeRequest) {
  const { method, path, headers, body, mutates, stale, accept } = request;
  return {
    method,
    path,
    headers,
    body: body ?? null,
    door: 'graphql' as const,
    ...(mutates ? { shared: false } : {}),
    ...(stale > 0 ? { stale: { maxAge: stale, accept } } : {}),
  };
}

async function readAnswer(response: UpstreamResponse): Promise<Exchange> {
  const { status, headers } = response;
  const stale =
    response.source === 'stale' ? { age: (response.age ?? 0) * 1000, failure: response.failure } : undefined;
  return { status, headers, payload: await readPayload(response), stale };
}

async function readPayload(response: UpstreamResponse): Promise<Payload> {
  const type = mediaType(response.headers);
  try {
    if (isJsonType(type)) return { kind: 'json', value: await response.body.json(ANSWER_LIMIT) };
    const body = await response.body.bytes(ANSWER_LIMIT);
    return readBuffered({ status: response.status, headers: response.headers, body });
  } catch (error) {
    // The status stands, and a mapped error message may do without the body: who reads it decides.
    const unreadable =
      error instanceof GatewayError &&
      (error.code === 'UPSTREAM_INVALID' || error.code === 'PAYLOAD_TOO_LARGE');
    if (unreadable) return { kind: 'broken', cause: error };
    throw error;
  }
}

/** What the last answer said, and what it means: nearly all services say the same. */
let lastContentType = '';
let lastMediaType = '';

/** The media type in lower case without parameters; an answer that names none is taken for JSON. */
function mediaType(headers: Headers): string {
  const value = getHeader(headers, 'content-type') ?? 'application/json';
  if (value !== lastContentType) {
    lastMediaType = (value.split(';')[0] as string).trim().toLowerCase();
    lastContentType = value;
  }
  return lastMediaType;
}

function isJsonType(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}

/** The payload of an answer whose bytes are all there. */
export function readBuffered({ body, headers }: BufferedResponse): Payload {
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  const type = mediaType(headers);
  if (text === '') return { kind: 'json', value: undefined };
  if (!isJsonType(type)) return { kind: 'text', text, plain: type === 'text/plain' };
  try {
    return { kind: 'json', value: parseExactJson(text) };
  } catch (cause) {
    return { kind: 'broken', cause };
  }
}
