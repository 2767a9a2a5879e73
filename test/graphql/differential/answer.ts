import { GatewayError } from '../../../src/kernel/error.ts';
import type { Json } from '../../../src/kernel/json.ts';
import type { Headers } from '../../../src/kernel/scope.ts';
import { happens, mix, mixText, pick } from './choice.ts';
import type { DataSpec, FaultSpec } from './generate-data.ts';
import { Rows } from './rows.ts';
import { type AnswerModel, type ObjectModel, objectNamed, type SchemaModel } from './schema-model.ts';
import { corrupt, MISSING } from './value.ts';

/** A call as a service sees it. */
export interface ServiceCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string | undefined;
}

/** What comes back over the wire: JSON as a value, or the text of anything else. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json | undefined;
  /** Set: the body is this and not JSON. */
  readonly text: string | undefined;
}

const JSON_TYPE: Headers = ['content-type', 'application/json; charset=utf-8'];

/** The services behind a schema. What they answer depends on nothing but the call and the mutations before it. */
export class Services {
  readonly #model: SchemaModel;
  readonly #rows: Rows;
  readonly #faults = new Map<number, readonly FaultSpec[]>();

  constructor(model: SchemaModel, data: DataSpec) {
    this.#model = model;
    this.#rows = new Rows(model, data);
    const endpoints = model.connectors.filter(({ number }) => number !== undefined);
    for (const fault of data.faults) {
      const endpoint = endpoints[pick(fault.endpoint, 1, endpoints.length)]?.number ?? 0;
      this.#faults.set(endpoint, [...(this.#faults.get(endpoint) ?? []), fault]);
    }
  }

  /** Whether the call changes what others answer. */
  mutates(call: ServiceCall): boolean {
    return this.#modelOf(call).mutates;
  }

  /** The endpoint's name, and whether what one call of it asks for depends on how calls were put together. */
  describe(call: ServiceCall): { readonly name: string; readonly batch: boolean } {
    const name = (/^\/c\d+/.exec(call.path) ?? [''])[0];
    return { name, batch: this.#modelOf(call).kind === 'batch' };
  }

  /** Throws a `GatewayError` if there is no answer. With `healthy` as if all was well: an answer from before. */
  answer(call: ServiceCall, version: number, healthy = false): ServiceAnswer {
    const fault = healthy ? undefined : this.#faultOf(call);
    const good = this.#good(call, version);
    return fault === undefined ? ok(good) : failing(good, fault);
  }

  #modelOf({ path }: ServiceCall): AnswerModel {
    const number = Number((/^\/c(\d+)/.exec(path) ?? [])[1]);
    const answer = this.#model.connectors.find((one) => one.number === number)?.answer;
    if (answer === undefined) throw new Error(`Nobody answers ${path}`);
    return answer;
  }

  #good(call: ServiceCall, version: number): Json {
    const model = this.#modelOf(call);
    let value = this.#value(model, call, version);
    for (const name of [...model.envelope].reverse()) value = { [name]: value };
    return value;
  }

  #value(model: AnswerModel, call: ServiceCall, version: number): Json {
    if (model.kind === 'value') {
      return this.#rows.value(model.type, mixText(`${call.path} ${call.body ?? ''}`), version);
    }
    const object = objectNamed(this.#model, 'named' in model.type ? model.type.named : '') as ObjectModel;
    const keys = keysIn(call, model);
    const found = keys.flatMap((key) => this.#rows.find(object, model.key, key) ?? []);
    const [first] = found;
    if (model.kind === 'single')
      return first === undefined ? null : this.#rows.row(object.name, first, version);
    const rows = found.map((row) => this.#rows.found(object, row, version));
    // Not in the order asked for, and now and then one that was not asked for, or one twice.
    const uncalled = happens(object.name.length + keys.length, 3, 30)
      ? [this.#rows.found(object, 0, version)]
      : [];
    return [...rows.reverse(), ...uncalled];
  }

  #faultOf(call: ServiceCall): number | undefined {
    const { name, batch } = this.describe(call);
    for (const { when, kind } of this.#faults.get(Number(name.slice(2))) ?? []) {
      // Whether a batch fails, and what is left of it, must not depend on how it was put together.
      const always = batch || !happens(when, 1, 60);
      if (always || mixText(call.path) % 3 === pick(when, 2, 3)) return pick(kind, 1, batch ? 13 : 16);
    }
    return undefined;
  }
}

function ok(json: Json): ServiceAnswer {
  return { status: 200, headers: JSON_TYPE, json, text: undefined };
}

function failing(good: Json, kind: number): ServiceAnswer {
  const told = { error: { message: `told "${kind}"`, code: 'E1' } };
  const as = (text: string, type: string): ServiceAnswer => ({
    status: 200,
    headers: ['content-type', type],
    json: undefined,
    text,
  });
  switch (kind) {
    case 0:
    case 1:
      return { ...ok(told), status: 500 };
    case 2:
    case 3:
      return { ...ok(told), status: 404 };
    case 4:
      return { ...ok(good), status: 201 };
    case 5:
      return { status: 204, headers: [], json: undefined, text: '' };
    case 6:
      throw new GatewayError('UPSTREAM_UNREACHABLE', 'Nobody is there', { service: 'hidden' });
    case 7:
      throw new GatewayError('UPSTREAM_TIMEOUT', 'Too slow');
    case 8:
      return ok(null);
    case 9:
      return as('{ "broken": ', 'application/json');
    case 10:
      return as('just text', 'text/plain');
    case 11:
      return as(JSON.stringify(good), 'text/html');
    case 12:
      return as('<p>sorry</p>', 'text/html');
    default: {
      const spoiled = corrupt(good, mix(kind, 3));
      return ok(spoiled === MISSING ? {} : spoiled);
    }
  }
}

function keysIn(call: ServiceCall, { key, keyIn }: AnswerModel): readonly (readonly string[])[] {
  const url = new URL(call.path, 'http://service.test');
  switch (keyIn) {
    case 'path':
      return [url.pathname.split('/').slice(2).map(decodeURIComponent)];
    case 'query':
      return url.searchParams.getAll('id').map((id) => [id]);
    case 'joined':
      return (url.searchParams.get('ids') ?? '').split(',').map((id) => [id]);
    case 'body': {
      const body = call.body === undefined ? {} : (JSON.parse(call.body) as { keys?: Json });
      const keys = Array.isArray(body.keys) ? (body.keys as readonly Json[]) : [body.keys ?? null];
      return keys.map((one) =>
        key.map((path) => textAt(one, key.length === 1 && path.length === 1 ? [] : path)),
      );
    }
  }
}

function textAt(value: Json, path: readonly string[]): string {
  let at: unknown = value;
  for (const name of path)
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  return String(at);
}
