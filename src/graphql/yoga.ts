import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import { createYoga, type GraphiQLOptions, type Plugin } from 'graphql-yoga';
import { GatewayError } from '../kernel/error.ts';
import type { Scope } from '../kernel/scope.ts';
import { FALLBACK_HEADER, fallbackKind } from '../policy/fallback-header.ts';
import type { Documents } from './document/documents.ts';
import { type IdParameters, readDocumentId } from './document/read-document-id.ts';
import type { Prepared } from './document-cache.ts';
import { type AnswerType, chooseAnswerType, JSON_TYPE } from './media-type.ts';
import { OperationAnswer } from './operation-answer.ts';
import { type ErrorLog, type RenderOptions, renderRequestError } from './render-error.ts';
import { faultsOf, type RunOperation } from './run-operation.ts';

/** What the door hands to the GraphQL server with each request. */
export interface ServerContext {
  readonly scope: Scope;
}

export interface YogaOptions {
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
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
    plugins: [useDocumentIds(options), useDocuments(options), ...useAnswers(options)],
    extraParamNames: ['documentId'],
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

/** The page and its code are thirty megabytes in memory, which only those who open it are to pay for. */
async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const page = await import('@graphql-yoga/render-graphiql');
  return page.renderGraphiQL(options);
}

/** Puts the text of a document that a request names into its place. */
function useDocumentIds({ documents }: YogaOptions): Plugin<object, ServerContext> {
  return {
    async onParams({ request, params, setParams }) {
      const { query, extensions } = params;
      const { documentId } = request.method === 'GET' ? idInUrl(request.url) : (params as IdParameters);
      const id = readDocumentId({ documentId, extensions });
      if (id === undefined) return;
      // Neither text nor nothing: what is wrong with it is told where that is checked.
      if (query !== undefined && query !== null && typeof query !== 'string') return;
      setParams({ ...params, query: await documents.find(id, query || undefined) });
    },
  };
}

function idInUrl(url: string): IdParameters {
  return { documentId: new URL(url).searchParams.get('documentId') || undefined };
}

/** Documents are parsed and validated once, for both doors. */
function useDocuments({ documents: { prepare } }: YogaOptions): Plugin {
  const prepared = new WeakMap<DocumentNode, Prepared>();
  return {
    onParse({ params, setParsedDocument }) {
      const result: Prepared = prepare(String(params.source));
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

/**
 * Runs operations and writes their answers. What Yoga hands from one to the other is an empty result that stands for
 * the answer, which is text already; only errors of Yoga's own are rendered here.
 */
function useAnswers({ run, mask, logger }: YogaOptions): Plugin<object, ServerContext>[] {
  const answers = new WeakMap<object, OperationAnswer>();
  const execute = async ({ document, operationName, variableValues, contextValue }: ExecutionArgs) => {
    const { scope } = contextValue as ServerContext;
    const result: ExecutionResult = {};
    answers.set(result, await run({ document, operationName, variables: variableValues, scope }));
    return result;
  };
  return [
    {
      onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
      onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(execute),
    },
    {
      onResultProcess({ request, result, serverContext, setResultProcessor }) {
        if (Array.isArray(result) || Symbol.asyncIterator in result) return;
        const type = chooseAnswerType(request.headers.get('accept') ?? undefined);
        if (type === undefined) return;
        setResultProcessor((_result, fetchAPI) => {
          const answer = answers.get(result);
          const { requestId } = serverContext.scope;
          const { status, headers, body } =
            answer === undefined
              ? renderFault((result as ExecutionResult).errors ?? [], type, { requestId, mask, logger })
              : { status: answer.status, headers: fallbackHeader(answer), body: answer.text };
          return new fetchAPI.Response(body, {
            status,
            headers: { ...headers, 'Content-Type': `${type}; charset=utf-8` },
          });
        }, type);
      },
    },
  ];
}

interface HttpHint {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** By the specification's rules: a request that nothing was run for has no `data`, and the status says whose fault it is. */
function renderFault(errors: readonly GraphQLError[], type: AnswerType, options: RenderOptions) {
  const hints = errors.map(hintOf);
  const shown = errors.map((error) => renderRequestError(error, options));
  const isDocumentFault = shown.every((error) => OF_THE_DOCUMENT.has(error.extensions.code));
  const isOurs = shown.some((error) => error.extensions.code === 'INTERNAL');
  const least = isOurs ? 500 : 400;
  // In the older type a well-formed answer has status 200, whatever is wrong with the document.
  const status =
    isDocumentFault && type === JSON_TYPE ? 200 : Math.max(least, ...hints.map((hint) => hint.status ?? 400));
  const isUnknown = shown.some((error) => error.extensions.code === 'PERSISTED_QUERY_NOT_FOUND');
  const headers = isUnknown
    ? NOT_KEPT
    : status === 405
      ? (hints.find((hint) => hint.headers)?.headers ?? {})
      : {};
  return { status, headers, body: new OperationAnswer({ errors: shown }).text };
}

function hintOf({ originalError, extensions }: GraphQLError): HttpHint {
  if (originalError instanceof GatewayError) return { status: originalError.status };
  return (extensions.http ?? {}) as HttpHint;
}

const OF_THE_DOCUMENT = new Set<unknown>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
]);

/** The same request may well be answered in a moment, after the document has been sent. */
const NOT_KEPT = { 'Cache-Control': 'no-store' };

function fallbackHeader({ fallbacks }: OperationAnswer): Readonly<Record<string, string>> {
  const kind = fallbackKind(fallbacks);
  return kind === undefined ? {} : { [FALLBACK_HEADER]: kind };
}
