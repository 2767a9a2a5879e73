import { GatewayError } from '../../../src/kernel/error.ts';
import type { Principal } from '../../../src/kernel/principal.ts';
import type { Scope } from '../../../src/kernel/scope.ts';
import type { Upstream, UpstreamRequest, UpstreamResponse } from '../../../src/upstream/upstream.ts';
import { testScope } from '../../support/graphql-server.ts';
import { type ServiceAnswer, type ServiceCall, Services } from './answer.ts';
import { happens, mixText } from './choice.ts';
import type { DataSpec } from './generate-data.ts';
import { memoryBody, textOfAnswer } from './memory-body.ts';
import { type Pace, Postman } from './postman.ts';
import type { SchemaModel } from './schema-model.ts';

/** One operation's stay in a world. */
export interface Visit {
  readonly scope: Scope;
  /** Texts of the calls that were made, in a form that does not depend on how batches were put together. */
  readonly calls: readonly string[];
  /** Whether an answer is still under way. */
  busy(): boolean;
  /** Waits for what is still under way. */
  leave(): Promise<void>;
}

export interface VisitOptions {
  readonly pace: Pace;
  readonly principal: Principal | undefined;
  readonly headers: readonly string[];
}

interface Stay {
  readonly postman: Postman;
  readonly calls: string[];
  version: number;
}

/** In-memory upstreams for a schema, which tell the operations that call them apart by the request's id. */
export class World {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly #services: Services;
  readonly #stays = new Map<string, Stay>();
  readonly #seed: number;
  readonly #answered = new Map<string, string>();
  #count = 0;

  constructor(model: SchemaModel, data: DataSpec) {
    this.#services = new Services(model, data);
    this.#seed = data.seed;
    this.upstreams = new Map(['s0', 's1'].map((name) => [name, this.#upstream(name)]));
  }

  enter({ pace, principal, headers }: VisitOptions): Visit {
    this.#count++;
    const requestId = `visit-${this.#count}`;
    const stay: Stay = { postman: new Postman(pace), calls: [], version: 0 };
    this.#stays.set(requestId, stay);
    return {
      scope: testScope({ requestId, headers, ...(principal && { principal }) }),
      calls: stay.calls,
      busy: () => stay.postman.busy,
      leave: async () => {
        await stay.postman.rest();
        this.#stays.delete(requestId);
      },
    };
  }

  /** What was answered to these calls (as `Visit.calls` has them), each once. */
  answers(calls: readonly string[]): readonly string[] {
    return [...new Set(calls)].map((text) => `${text}\n  → ${this.#answered.get(text) ?? 'nothing'}`);
  }

  #upstream(name: string): Upstream {
    return {
      name,
      call: (request, scope) => this.#call(name, request, scope),
      status: () => ({ status: 'healthy', breaker: 'closed', inFlight: 0, targets: [] }),
      probe: () => Promise.resolve({ ok: true, url: '', seconds: 0 }),
      dispose: () => Promise.resolve(),
    };
  }

  async #call(service: string, request: UpstreamRequest, scope: Scope): Promise<UpstreamResponse> {
    const stay = this.#stays.get(scope.requestId);
    if (stay === undefined) throw new Error('A call that belongs to no operation');
    const body = typeof request.body === 'string' ? request.body : undefined;
    const call: ServiceCall = { method: request.method, path: request.path, body };
    const text = this.#textOf(service, call, request);
    stay.calls.push(text);
    if (this.#services.mutates(call)) stay.version++;
    const { version } = stay;
    await stay.postman.wait(scope.signal);
    try {
      const answered = this.#respond(request, call, version);
      this.#answered.set(
        text,
        `${answered.status} ${answered.source} ${String(await answered.body.bytes(0))}`,
      );
      return answered;
    } catch (error) {
      this.#answered.set(text, String(error));
      throw error;
    }
  }

  #respond(request: UpstreamRequest, call: ServiceCall, version: number): UpstreamResponse {
    try {
      const answer = this.#services.answer(call, version);
      const { stale } = request;
      const bad =
        stale?.accept === undefined
          ? answer.status >= 500
          : !stale.accept({
              status: answer.status,
              headers: answer.headers,
              body: Buffer.from(textOfAnswer(answer)),
            });
      if (!bad || stale === undefined) return response(answer, 'upstream');
      const failure = new GatewayError('UPSTREAM_STATUS', 'No good', { upstreamStatus: answer.status });
      return this.#kept(request, call, failure) ?? response(answer, 'upstream');
    } catch (error) {
      const kept = error instanceof GatewayError ? this.#kept(request, call, error) : undefined;
      if (kept !== undefined) return kept;
      throw error;
    }
  }

  /** An answer from before, if one is asked for and was kept. */
  #kept({ stale }: UpstreamRequest, call: ServiceCall, failure: GatewayError): UpstreamResponse | undefined {
    const hash = mixText(call.path);
    const age = hash % 2 === 0 ? 10 : 50;
    if (stale === undefined || age * 1000 > stale.maxAge || happens(this.#seed, hash, 30)) return undefined;
    return { ...response(this.#services.answer(call, 0, true), 'stale'), failure, age };
  }

  #textOf(service: string, call: ServiceCall, { headers, stale }: UpstreamRequest): string {
    const { name, batch } = this.#services.describe(call);
    const own = headers.join(' ');
    if (batch) return `${service} ${call.method} ${name} (batch) ${own}`;
    return `${service} ${call.method} ${call.path} ${call.body ?? ''} ${own} ${stale?.maxAge ?? ''}`;
  }
}

function response(answer: ServiceAnswer, source: 'upstream' | 'stale'): UpstreamResponse {
  return { status: answer.status, headers: answer.headers, body: memoryBody(answer), source };
}
