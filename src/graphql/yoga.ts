import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Scope } from '../kernel/scope.ts';
import { FALLBACK_HEADER, fallbackKind } from '../policy/fallback-header.ts';
import type { Prepared } from './document-cache.ts';
import { type AnswerType, chooseAnswerType, JSON_TYPE } from './media-type.ts';
import type { FallbackNote } from './operation.ts';
import { type ErrorLog, type RenderOptions, renderRequestError } from './render-error.ts';
import { faultsOf, type RunOperation } from './run-operation.ts';

/** What the door hands to the GraphQL server with each request. */
export interface ServerContext {
  readonly scope: Scope;
}

export interface YogaOptions {
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly prepare: (text: string) => Prepared;
  readonly run: RunOperation;
  readonly graphiql: boolean;
  readonly mask: boolean;
  readonly logger: ErrorLog;
}

/** The GraphQL server, without a port: GraphQL over HTTP by Yoga, everything that is ours as plugins. */
export function createGraphqlServer(options: YogaOptions) {
  return createYoga<ServerContext>({
    graphqlEndpoint: options.path,
    schema: options.schema,
    plugins: [useDocuments(options), useExecutor(options), useAnswer(options)],
    // Each of these is somebody else's job here, or none at all.
    parserAndValidationCache: false,
    maskedErrors: false,
    maxRequestBodySize: false,
    cors: false,
    landingPage: false,
    multipart: false,
    batching: false,
    logging: false,
    graphiql: options.graphiql ? { title: 'Portico', defaultQuery: '' } : false,
    renderGraphiQL,
  });
}

/** Documents are parsed and validated once, for both doors. */
function useDocuments({ prepare }: YogaOptions): Plugin {
  const prepared = new WeakMap<DocumentNode, Prepared>();
  return {
    onParse({ params, setParsedDocument }) {
      const result = prepare(String(params.source));
      if (result.document === undefined) {
        faultsOf(result);
        throw result.unreadable;
      }
      prepared.set(result.document, result);
      setParsedDocument(result.document);
    },
    onValidate({ params, setResult }) {
      const result = prepared.get(params.documentAST);
      if (result !== undefined) setResult([...faultsOf(result)]);
    },
  };
}

function useExecutor({ run }: YogaOptions): Plugin<object, ServerContext> {
  const execute = ({ document, operationName, variableValues, contextValue }: ExecutionArgs) =>
    run({
      document,
      operationName,
      variables: variableValues,
      scope: (contextValue as ServerContext).scope,
    });
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(execute),
  };
}

/** Writes the answer by the specification's rules; a status within a field's error is the upstream's, not ours. */
function useAnswer({ mask, logger }: YogaOptions): Plugin<object, ServerContext> {
  return {
    onResultProcess({ request, result, serverContext, setResultProcessor }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result) return;
      const type = chooseAnswerType(request.headers.get('accept') ?? undefined);
      if (type === undefined) return;
      const { requestId } = serverContext.scope;
      const options = { requestId, mask, logger };
      setResultProcessor((_result, fetchAPI) => {
        const { status, headers, body } = answer(result as ExecutionResult, type, options);
        return new fetchAPI.Response(JSON.stringify(body), {
          status,
          headers: { ...headers, 'Content-Type': `${type}; charset=utf-8` },
        });
      }, type);
    },
  };
}

interface HttpHint {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function answer(result: ExecutionResult, type: AnswerType, options: RenderOptions) {
  if (result.data !== undefined)
    return { status: 200, headers: fallbackHeader(result), body: ordered(result) };
  const errors = result.errors ?? [];
  const hints = errors.map((error) => (error.extensions.http ?? {}) as HttpHint);
  const shown = errors.map((error) => renderRequestError(error, options));
  const isDocumentFault = shown.every((error) => OF_THE_DOCUMENT.has(error.extensions.code));
  const isOurs = shown.some((error) => error.extensions.code === 'INTERNAL');
  const least = isOurs ? 500 : 400;
  // In the older type a well-formed answer has status 200, whatever is wrong with the document.
  const status =
    isDocumentFault && type === JSON_TYPE ? 200 : Math.max(least, ...hints.map((hint) => hint.status ?? 400));
  const headers = status === 405 ? (hints.find((hint) => hint.headers)?.headers ?? {}) : {};
  return { status, headers, body: { errors: shown } };
}

const OF_THE_DOCUMENT = new Set<unknown>(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED']);

function fallbackHeader({ extensions }: ExecutionResult): Readonly<Record<string, string>> {
  const kind = fallbackKind((extensions?.fallbacks ?? []) as readonly FallbackNote[]);
  return kind === undefined ? {} : { [FALLBACK_HEADER]: kind };
}

function ordered({ errors, data, extensions }: ExecutionResult): object {
  return { ...(errors && { errors }), data, ...(extensions && { extensions }) };
}
