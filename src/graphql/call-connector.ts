import type { Connector } from '../blueprint/blueprint.ts';
import type { ObjectView, Variables } from '../connect/mapping/mapping.ts';
import { parseExactJson } from '../kernel/exact-json.ts';
import { getHeader } from '../kernel/headers.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { BufferedResponse } from '../upstream/upstream.ts';
import { asCallError, CallError } from './call-error.ts';
import { type Exchange, type Exchanges, type Payload, readBuffered } from './exchange.ts';
import { isHollow } from './provided.ts';
import { headerLists } from './variables.ts';

/** What a connector's call came to. */
export interface Answer {
  /** Undefined: nothing there, or the service says that it has no such thing. */
  readonly value: Json | undefined;
  /** Set if the call failed and the value is one kept from before. */
  readonly stale: StaleAnswer | undefined;
}

export interface StaleAnswer {
  /** Milliseconds. */
  readonly age: number;
  readonly failure: CallError;
}

/** The same, with the mapping still to be done where it can be done bit by bit. */
export interface RawAnswer extends Answer {
  /** How to look at the value; undefined: it is mapped. */
  readonly view: ObjectView | undefined;
  /** The content that value and view come from, and nothing else; undefined if more went into them. */
  readonly origin: Json | undefined;
}

export interface CallOptions {
  readonly exchanges: Exchanges;
  /** Everything but `$status` and `$response`. */
  readonly variables: Variables;
  readonly mutates: boolean;
  /** Milliseconds; 0: an old answer is of no use. */
  readonly stale: number;
  /** The call asks for one thing by its key and null may stand for it: 404 then means that there is none. */
  readonly mayBeAbsent: boolean;
}

/**
 * Makes a connector's call and maps the answer. A connector without a request maps nothing to its selection.
 * Throws a `CallError` if there was no answer or it is no good.
 */
export function callConnector(connector: Connector, options: CallOptions): Promise<Answer> {
  return call(connector, options, mapWhole);
}

/** The same, but what the mapping gives is left where it is in the answer, as far as it can be read from there. */
export function callConnectorRaw(connector: Connector, options: CallOptions): Promise<RawAnswer> {
  return call(connector, options, mapLater);
}

/** Makes something of a good answer. */
type Read = (
  connector: Connector,
  payload: Payload,
  status: number,
  variables: () => Variables,
) => MappedValue;
type MappedValue = Pick<RawAnswer, 'value' | 'view' | 'origin'>;

const mapWhole: Read = (connector, payload, status, variables) => ({
  value: mapPayload(connector, payload, status, variables()),
  view: undefined,
  origin: undefined,
});

const UNREADABLE: MappedValue = { value: undefined, view: undefined, origin: undefined };

const mapLater: Read = (connector, payload, status, variables) => {
  const { view } = connector.selection;
  if (view === undefined || payload.kind !== 'json' || (payload.value ?? null) === null)
    return mapWhole(connector, payload, status, variables);
  try {
    return { value: view.read(payload.value as Json), view: view.view, origin: payload.value };
  } catch (error) {
    // As in `Mapping.evaluate`: data that no mapping is meant for.
    if (!(error instanceof RangeError)) throw error;
    return UNREADABLE;
  }
};

async function call(connector: Connector, options: CallOptions, read: Read): Promise<RawAnswer> {
  const { variables } = options;
  if (connector.request === undefined || connector.service === undefined) {
    return {
      value: connector.selection.evaluate(null, variables),
      view: undefined,
      origin: undefined,
      stale: undefined,
    };
  }
  const { path, headers, body } = connector.request.render(variables);
  try {
    const exchange = await options.exchanges.send({
      service: connector.service,
      method: connector.request.method,
      path,
      headers: withDefaults(headers, body),
      body,
      mutates: options.mutates,
      stale: options.stale,
      // That there is no such thing (any more) is news, and an old answer would hide it.
      accept: (response) =>
        (response.status === 404 && options.mayBeAbsent) || isGood(connector, response, variables),
    });
    return readExchange(connector, exchange, options, read);
  } catch (error) {
    throw withConnector(error, connector);
  }
}

function readExchange(connector: Connector, exchange: Exchange, options: CallOptions, read: Read): RawAnswer {
  const { status, headers, payload } = exchange;
  // Made only where somebody looks at them: most answers are plain successes.
  const variables = () => answerVariables(options.variables, status, headers);
  if (connector.isSuccess === undefined && status >= 200 && status < 300)
    return withStale(read(connector, payload, status, variables), exchange, connector);
  const input = inputOf(payload);
  if (!isSuccess(connector, status, input, variables())) {
    if (status === 404 && options.mayBeAbsent) return withStale(UNREADABLE, exchange, connector);
    throw statusError(connector, status, input, variables());
  }
  return withStale(read(connector, payload, status, variables), exchange, connector);
}

function withStale(mapped: MappedValue, { stale }: Exchange, connector: Connector): RawAnswer {
  const { value, view, origin } = mapped;
  const old = stale && { age: stale.age, failure: staleFailure(stale.failure, connector) };
  return { value, view, origin, stale: old };
}

function answerVariables(variables: Variables, status: number, headers: readonly string[]): Variables {
  return { ...variables, $status: status, $response: { status, headers: headerLists(headers) } };
}

function isSuccess(
  connector: Connector,
  status: number,
  input: Json | undefined,
  variables: Variables,
): boolean {
  if (connector.isSuccess === undefined) return status >= 200 && status < 300;
  return connector.isSuccess.evaluate(input, variables) === true;
}

/** Whether an answer is one to fall back on later. */
function isGood(connector: Connector, response: BufferedResponse, given: Variables): boolean {
  const { status, headers } = response;
  const variables = answerVariables(given, status, headers);
  const payload = readBuffered(response);
  if (!isSuccess(connector, status, inputOf(payload), variables)) return false;
  if (payload.kind === 'json') return true;
  try {
    mapPayload(connector, payload, status, variables);
    return true;
  } catch {
    return false;
  }
}

/** Maps what came; throws UPSTREAM_INVALID if the selection looks into a body that cannot be looked into. */
function mapPayload(
  connector: Connector,
  payload: Payload,
  status: number,
  variables: Variables,
): Json | undefined {
  if (payload.kind === 'json') {
    const value = connector.selection.evaluate(payload.value, variables);
    // Nothing mapped to fields is an object without values: there is nothing.
    return (payload.value ?? null) === null && isHollow(value) ? null : value;
  }
  const input = inputOf(payload);
  let misses = 0;
  const value = connector.selection.evaluate(input, variables, () => {
    misses++;
  });
  // A selection that finds all it asks for (a constant, `$status`, the text itself) has no use for JSON.
  if (misses === 0 && (input !== undefined || value !== undefined)) return value;
  const parsed = payload.kind === 'text' ? parse(payload.text) : undefined;
  if (parsed !== undefined) return connector.selection.evaluate(parsed, variables);
  const cause = payload.kind === 'broken' ? payload.cause : new Error('The body is not JSON');
  throw new CallError('UPSTREAM_INVALID', { connector, service: undefined, status, cause });
}

/** What mappings start from: JSON, or the string that plain text is; any other type is nothing to them. */
function inputOf(payload: Payload): Json | undefined {
  if (payload.kind === 'json') return payload.value;
  return payload.kind === 'text' && payload.plain ? payload.text : undefined;
}

function parse(text: string): Json | undefined {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

function statusError(
  connector: Connector,
  status: number,
  input: Json | undefined,
  variables: Variables,
): CallError {
  const mapped = connector.errors.message?.evaluate(input, variables);
  const added = connector.errors.extensions?.evaluate(input, variables);
  const service = connector.service;
  const rejected = status >= 200 && status < 300;
  return new CallError('UPSTREAM_STATUS', {
    connector,
    service,
    status,
    message:
      typeof mapped === 'string' && mapped !== ''
        ? mapped
        : `Service "${service}" answered ${rejected ? 'that the call failed' : `with status ${status}`}`,
    extensions: isJsonObject(added) ? (added as JsonObject) : undefined,
  });
}

function staleFailure(failure: unknown, connector: Connector): CallError {
  const error = asCallError(failure, connector.service ?? '', connector);
  if (error instanceof CallError) return error;
  return new CallError('UPSTREAM_STATUS', { connector, service: connector.service, cause: failure });
}

/** The same failure, saying which connector it is about: a call may be shared by several of them. */
function withConnector(error: unknown, connector: Connector): unknown {
  if (!(error instanceof CallError) || error.coordinate !== undefined) return error;
  return new CallError(error.code, {
    connector,
    service: error.service,
    status: error.upstreamStatus,
    message: error.message,
    cause: error.cause,
  });
}

function withDefaults(headers: readonly string[], body: string | undefined): readonly string[] {
  const added = [...headers];
  if (getHeader(headers, 'accept') === undefined) added.push('accept', 'application/json');
  if (body !== undefined && getHeader(headers, 'content-type') === undefined)
    added.push('content-type', 'application/json');
  return added;
}
