import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import type { RouteBlueprint } from '../blueprint/blueprint.ts';
import type { Door, Inbound } from '../guard/inbound.ts';
import type { Clock } from '../kernel/clock.ts';
import { GatewayError } from '../kernel/error.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Scope } from '../kernel/scope.ts';
import { FALLBACK_HEADER, fallbackKind } from '../policy/fallback-header.ts';
import type { CheckBody } from './body-schema.ts';
import { readJson } from './json-body.ts';
import { readQuery, requestVariables, responseVariable } from './mapping-variables.ts';
import { type OperationAnswer, operationFailure } from './operation-failure.ts';
import { compileVariables } from './operation-variables.ts';
import { decodeParameters, matchPath } from './path-template.ts';
import { compileResponseHead } from './response-head.ts';
import { sendJson, sendJsonText } from './send-json.ts';

/** Runs an operation in-process, under every rule that holds at the GraphQL door but for the limits on its size. */
export type ExecuteOperation = (
  request: { document: string; operationName?: string; variables?: JsonObject },
  scope: Scope,
) => Promise<OperationAnswer>;

export interface OperationOptions {
  readonly route: RouteBlueprint;
  readonly document: string;
  readonly schema: GraphQLSchema;
  readonly execute: ExecuteOperation;
  readonly checkBody: CheckBody | undefined;
  readonly clock: Clock;
  /** What mappings see as `$env`. */
  readonly env: JsonObject;
}

/** What a caller may ask for without changing anything; a mutation does not listen to it. */
const WRITING_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** The methods of a route that names none: all of them for a query, for a mutation those that are not safe. */
export function operationMethods(document: string): readonly string[] | undefined {
  return onlyOperation(parse(document)).operation === 'mutation' ? WRITING_METHODS : undefined;
}

/**
 * A door that runs a GraphQL operation and answers with its `data`. If some of it failed, `X-Portico-Partial` has
 * the number of errors; if all of it did, the first error decides the answer. `X-Portico-Fallback` says that some of
 * it is not what a service says now.
 */
export function createOperationDoor(options: OperationOptions): Door {
  const { route, document, execute, clock, env } = options;
  const readVariables = compileVariables(onlyOperation(parse(document)), options.schema);
  const head = compileResponseHead(route.response);
  const toInput = route.request?.body;
  const toAnswer = route.response?.body;

  return async (inbound, scope) => {
    const { response, method } = inbound;
    const params = decodeParameters(matchPath(route.pattern, inbound.path));
    const body = await readObject(inbound, options.checkBody);
    const source = { inbound, scope, params, clock, env };
    const input = toInput ? toInput.evaluate(body, requestVariables(source, body)) : body;
    const variables = readVariables({ path: params, query: readQuery(inbound.query), body: input });
    const answer = await execute({ document, variables }, scope);
    const failure = operationFailure(answer);
    if (failure) throw failure;
    head.writeReplaced(response, 200, []);
    if (answer.errors.length > 0) response.setHeader('X-Portico-Partial', answer.errors.length);
    const fallback = fallbackKind(answer.fallbacks);
    if (fallback !== undefined) response.setHeader(FALLBACK_HEADER, fallback);
    const text = answer.data ?? 'null';
    if (toAnswer === undefined) return sendJsonText(response, method, text);
    const data = JSON.parse(text) as Json;
    const answerVariables = {
      ...requestVariables(source, body),
      $response: responseVariable(200, [], data),
      $status: 200,
    };
    sendJson(response, method, toAnswer.evaluate(data, answerVariables));
  };
}

async function readObject(inbound: Inbound, check: CheckBody | undefined): Promise<Json | undefined> {
  const body = (await readJson(inbound, check))?.value;
  if (body === undefined || isJsonObject(body)) return body;
  throw new GatewayError('BAD_REQUEST', 'The request body is not a JSON object');
}

function onlyOperation(document: DocumentNode): OperationDefinitionNode {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  if (!operation || operations.length > 1) throw new Error('expected exactly one operation');
  return operation;
}
