import { type FieldNode, type GraphQLResolveInfo, responsePathAsArray } from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Variables } from '../connect/mapping/mapping.ts';
import { nativeSignal } from '../kernel/abort.ts';
import type { GatewayError } from '../kernel/error.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Scope } from '../kernel/scope.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { refusal } from './access.ts';
import { type Answer, callConnector } from './call-connector.ts';
import { callService } from './call-service.ts';
import type { CompiledField, CompiledSchema } from './compile-schema.ts';
import { EntityLoaders } from './entity-loader.ts';
import { Exchanges } from './exchange.ts';
import type { NodeHost } from './object-node.ts';
import type { ResolverContext } from './resolver-context.ts';
import { Selection, type SelectionSource } from './selection.ts';
import { operationVariables, userOf } from './variables.ts';

/** What is the same for all operations on one runtime. */
export interface OperationHost {
  readonly compiled: CompiledSchema;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** By service: what mappings see as `$config`, and how many calls an operation may make (0: any number). */
  readonly services: ReadonlyMap<
    string,
    { readonly config: JsonObject; readonly maxCallsPerOperation: number }
  >;
  /** What mappings see as `$env`. */
  readonly env: JsonObject;
}

/** One place of the answer that is not what the service says now. */
export interface FallbackNote {
  readonly path: readonly (string | number)[];
  /** Code of the failure. */
  readonly reason: string;
  readonly from: 'stale' | 'value';
  readonly service: string | undefined;
}

export interface FieldCall {
  readonly inputs: Variables;
  readonly mutates: boolean;
  readonly stale: number;
  readonly mayBeAbsent: boolean;
}

/** One operation while it runs: the calls it has made, what it has learnt, who asked for it. */
export class Operation implements NodeHost {
  readonly compiled: CompiledSchema;
  readonly scope: Scope;
  readonly loaders: EntityLoaders;
  readonly fallbacks: FallbackNote[] = [];
  readonly #host: OperationHost;
  readonly #exchanges: Exchanges;
  readonly #variables: Variables;
  readonly #refusals = new Map<CompiledField, GatewayError | undefined>();
  readonly #selections = new WeakMap<readonly FieldNode[], Selection>();
  #source: SelectionSource | undefined;
  #context: ResolverContext | undefined;

  constructor(host: OperationHost, scope: Scope) {
    this.#host = host;
    this.compiled = host.compiled;
    this.scope = scope;
    const bound = (service: string) => host.services.get(service)?.maxCallsPerOperation ?? 0;
    this.#exchanges = new Exchanges(host.upstreams, bound, scope);
    this.#variables = operationVariables(scope, host.env);
    this.loaders = new EntityLoaders((connector, inputs, mayBeAbsent) =>
      this.call(connector, { inputs, mayBeAbsent, mutates: false, stale: this.compiled.staleOf(connector) }),
    );
  }

  /** What resolvers of one's own get. */
  get context(): ResolverContext {
    const { signal } = this.scope;
    this.#context ??= {
      user: this.scope.principal === undefined ? null : userOf(this.scope.principal),
      requestId: this.scope.requestId,
      get signal() {
        return nativeSignal(signal);
      },
      call: (service, request) => callService(this.#exchanges, service, request, this.#host.upstreams),
    };
    return this.#context;
  }

  /** Calls a connector with these `$args`, `$this` or `$batch`; the other variables are added. */
  call(connector: Connector, { inputs, ...options }: FieldCall): Promise<Answer> {
    const config = connector.service === undefined ? {} : this.#host.services.get(connector.service)?.config;
    return callConnector(connector, {
      exchanges: this.#exchanges,
      variables: { ...this.#variables, $config: config ?? {}, ...inputs },
      ...options,
    });
  }

  /** The result is there. */
  end(): void {
    this.#exchanges.end();
  }

  /** Forgets what was read: a mutation's field begins. */
  forget(): void {
    this.#exchanges.forget();
    this.loaders.forget();
  }

  /** Why the caller may not have the field; undefined if it may. */
  refusal(field: CompiledField): GatewayError | undefined {
    if (field.access === undefined) return undefined;
    if (!this.#refusals.has(field)) this.#refusals.set(field, refusal(field.access, this.scope.principal));
    return this.#refusals.get(field);
  }

  /** What is selected below the field that is being resolved. */
  selection(info: GraphQLResolveInfo): Selection {
    const known = this.#selections.get(info.fieldNodes);
    if (known !== undefined) return known;
    this.#source ??= {
      compiled: this.compiled,
      schema: info.schema,
      fragments: info.fragments as SelectionSource['fragments'],
      variables: info.variableValues,
      allowed: (field) => this.refusal(field) === undefined,
    };
    const selection = new Selection(this.#source, info.fieldNodes);
    this.#selections.set(info.fieldNodes, selection);
    return selection;
  }

  /** Notes that the field's value is not what its service says now. */
  noteFallback(info: GraphQLResolveInfo, from: FallbackNote['from'], failure: GatewayError): void {
    const path = responsePathAsArray(info.path);
    this.fallbacks.push({ path, reason: failure.code, from, service: failure.service });
  }
}
