import { type FieldNode, type GraphQLResolveInfo, responsePathAsArray } from 'graphql';
import type { Connector } from '../blueprint/blueprint.ts';
import type { Variables } from '../connect/mapping/mapping.ts';
import { nativeSignal } from '../kernel/abort.ts';
import type { GatewayError } from '../kernel/error.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Scope } from '../kernel/scope.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { refusal } from './access.ts';
import {
  type Answer,
  type CallOptions,
  callConnector,
  callConnectorRaw,
  type RawAnswer,
} from './call-connector.ts';
import { callService } from './call-service.ts';
import type { CompiledField, CompiledSchema } from './compile-schema.ts';
import { EntityLoaders } from './entity-loader.ts';
import { Exchanges } from './exchange.ts';
import type { CountField } from './field-limit.ts';
import type { NodeHost } from './object-node.ts';
import type { WayLoads } from './plan/loads.ts';
import type { ResolverContext } from './resolver-context.ts';
import { Selection, type SelectionSource } from './selection.ts';
import { operationVariables, userOf } from './variables.ts';
import type { Way } from './way.ts';

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
  readonly countField: CountField;
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
  readonly fallbacks: FallbackNote[] = [];
  readonly #host: OperationHost;
  // Made when they are needed: a plan has no use for most of them, and an operation without calls for none.
  #ownLoaders: EntityLoaders | undefined;
  #ownExchanges: Exchanges | undefined;
  #variables: Variables | undefined;
  #refusals: Map<CompiledField, GatewayError | undefined> | undefined;
  #selections: WeakMap<readonly FieldNode[], Selection> | undefined;
  #source: SelectionSource | undefined;
  #takenOver = false;
  #context: ResolverContext | undefined;

  constructor(host: OperationHost, scope: Scope) {
    this.#host = host;
    this.compiled = host.compiled;
    this.scope = scope;
  }

  get loaders(): EntityLoaders {
    this.#ownLoaders ??= new EntityLoaders((connector, inputs, mayBeAbsent) =>
      this.call(connector, { inputs, mayBeAbsent, mutates: false, stale: this.compiled.staleOf(connector) }),
    );
    return this.#ownLoaders;
  }

  get #exchanges(): Exchanges {
    if (this.#ownExchanges === undefined) {
      const { upstreams, services } = this.#host;
      const bound = (service: string) => services.get(service)?.maxCallsPerOperation ?? 0;
      this.#ownExchanges = new Exchanges(upstreams, bound, this.scope);
    }
    return this.#ownExchanges;
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
  call(connector: Connector, call: FieldCall): Promise<Answer> {
    return callConnector(connector, this.#callOptions(connector, call));
  }

  /** The same without mapping what need not be mapped at once. */
  callRaw(connector: Connector, call: FieldCall): Promise<RawAnswer> {
    return callConnectorRaw(connector, this.#callOptions(connector, call));
  }

  #callOptions(connector: Connector, { inputs, mutates, stale, mayBeAbsent }: FieldCall): CallOptions {
    return {
      exchanges: this.#exchanges,
      variables: this.#variablesFor(connector, inputs),
      mutates,
      stale,
      mayBeAbsent,
    };
  }

  /** Those beside the inputs are made only for a connector that looks at them. */
  #variablesFor(connector: Connector, inputs: Variables): Variables {
    if (!looksOutside(connector)) return inputs;
    this.#variables ??= operationVariables(this.scope, this.#host.env);
    const config = connector.service === undefined ? {} : this.#host.services.get(connector.service)?.config;
    return { ...this.#variables, $config: config ?? {}, ...inputs };
  }

  /** The result is there. */
  end(): void {
    this.#ownExchanges?.end();
  }

  /** Another executor goes on from here: what was called or fetched so far is not asked for again. */
  takeOver(loads: ReadonlyMap<Way, WayLoads>): void {
    this.#takenOver = true;
    this.#exchanges.takeOver();
    this.loaders.takeOver(loads);
  }

  /** Forgets what was read: a mutation's field begins. */
  forget(): void {
    // The one mutation that there is has begun before.
    if (this.#takenOver) return;
    this.#ownExchanges?.forget();
    this.#ownLoaders?.forget();
  }

  /** Why the caller may not have the field; undefined if it may. */
  refusal(field: CompiledField): GatewayError | undefined {
    if (field.access === undefined) return undefined;
    this.#refusals ??= new Map();
    if (!this.#refusals.has(field)) {
      this.#refusals.set(field, refusal(field.access, this.scope.principal, field.coordinate));
    }
    return this.#refusals.get(field);
  }

  /** Counts one use of the field with these arguments; gives why it is one too many. */
  overLimit({ limits }: CompiledField, args: Record<string, unknown>): ReturnType<CountField> {
    return this.#host.countField(limits, args, this.scope);
  }

  /** What is selected below the field that is being resolved. */
  selection(info: GraphQLResolveInfo): Selection {
    this.#selections ??= new WeakMap();
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

/** The variables that belong to the call itself, and not to the request it is made for. */
const INPUTS = new Set<string>(['$args', '$this', '$batch', '$status', '$response']);

const outside = new WeakMap<Connector, boolean>();

function looksOutside(connector: Connector): boolean {
  let known = outside.get(connector);
  if (known === undefined) {
    // A header with `from` is read from the request although no mapping names it.
    known =
      (connector.request?.forwards.length ?? 0) > 0 ||
      connector.uses.some(({ variable }) => !INPUTS.has(variable));
    outside.set(connector, known);
  }
  return known;
}
