import type { ForbiddenHeaders } from '../../config/check/check-headers.ts';
import type { ConnectHttp } from '../../connect/directive/connect-directive.ts';
import { errorAt, type Report } from '../../connect/directive/sdl-text.ts';
import type { Mapping, Variables, VariableUse } from '../../connect/mapping/mapping.ts';
import { composeRequestUrl, type RequestUrl } from '../../connect/template/request-url.ts';
import type { UrlTemplate } from '../../connect/template/url-template.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import type { ConnectorRequest } from '../blueprint.ts';
import { type Environment, staticVariables } from './bind-mapping.ts';
import { compileHeaders, type HeaderBlueprint, mergeHeaders } from './build-header.ts';
import type { SourceBlueprint } from './build-source.ts';
import type { TextCompiler } from './compile-text.ts';

export interface RequestContext {
  readonly http: ConnectHttp;
  readonly url: UrlTemplate;
  readonly source: SourceBlueprint | undefined;
  readonly texts: TextCompiler;
  readonly config: JsonObject;
  readonly env: Environment;
  readonly coordinate: string;
  readonly forbidden: ForbiddenHeaders;
  readonly report: Report;
}

export interface BuiltRequest {
  readonly request: ConnectorRequest;
  readonly uses: readonly VariableUse[];
}

/** Compiles the `http` of a connector, together with what its source adds. What is faulty is reported and left out. */
export function buildRequest(context: RequestContext): BuiltRequest {
  const { http, url: template, source, texts, config, env, report } = context;
  const path = texts.mapping(http.path, 'selection', 'request');
  const query = texts.mapping(http.queryParams, 'selection', 'request');
  const body = texts.mapping(http.body, 'selection', 'request');
  const own = compileHeaders(http.headers, context);
  const headers = mergeHeaders(source?.headers ?? [], own);
  const url = composeRequestUrl({
    base: source?.query,
    sourcePath: source?.path,
    sourceQuery: source?.queryParams,
    template,
    path,
    query,
  });
  for (const { severity, message, offset } of url.problems) {
    report({ severity, at: http.url.positionOf(offset), message });
  }
  checkGiven(path, 'list', http.path, report);
  checkGiven(query, 'object', http.queryParams, report);
  const uses = [...url.uses, ...(body?.uses ?? []), ...headers.flatMap((header) => header.uses)];
  const bound = staticVariables(url.uses, config, env);
  const render = createRender({ url, bound, headers, body, coordinate: context.coordinate });
  const forwards = headers.flatMap(({ from }) => from ?? []);
  return { request: { method: http.method, render, forwards }, uses };
}

interface RenderParts {
  readonly url: RequestUrl;
  /** `$config` and `$env`, if the URL asks for them; headers and body have theirs already. */
  readonly bound: Variables | undefined;
  readonly headers: readonly HeaderBlueprint[];
  readonly body: Mapping | undefined;
  readonly coordinate: string;
}

function createRender({ url, bound, headers, body, coordinate }: RenderParts): ConnectorRequest['render'] {
  const isForm = headers.some((header) => isFormType(header));
  const fail = (what: string): never => {
    throw new GatewayError('BAD_USER_INPUT', `A value can't be sent in the ${what} of ${coordinate}`);
  };
  return (variables) => {
    const all = bound === undefined ? variables : { ...variables, ...bound };
    const path = url.render(all) ?? fail('URL');
    const lines = headers.flatMap((header) =>
      (header.render(variables) ?? fail(`header "${header.name}"`)).flatMap((value) => [header.name, value]),
    );
    const value = body?.evaluate(undefined, variables);
    return { path, headers: lines, body: value === undefined ? undefined : bodyText(value, isForm) };
  };
}

/** What is certainly of another kind than the place needs is said now, not when nothing is sent. */
function checkGiven(
  mapping: Mapping | undefined,
  kind: 'list' | 'object',
  text: ConnectHttp['path'],
  report: Report,
): void {
  if (mapping === undefined || text === undefined) return;
  const { shape } = mapping;
  const isOther =
    (shape.kind === 'literal' && shape.value !== null && !matches(shape.value, kind)) ||
    (kind === 'list' && shape.kind === 'object') ||
    (kind === 'object' && shape.kind === 'list');
  if (!isOther) return;
  report(
    errorAt(
      text.at,
      kind === 'list' ? 'path must give a list of segments' : 'queryParams must give an object',
    ),
  );
}

function matches(value: Json, kind: 'list' | 'object'): boolean {
  return Array.isArray(value) ? kind === 'list' : kind === 'object' && typeof value === 'object';
}

function isFormType(header: HeaderBlueprint): boolean {
  if (header.name !== 'content-type' || header.from !== undefined) return false;
  const [value] = header.render({}) ?? [];
  return value?.toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false;
}

function bodyText(value: Json, isForm: boolean): string {
  if (!isForm) return JSON.stringify(value);
  const form = new URLSearchParams();
  appendForm(form, '', value);
  return form.toString();
}

/** Nested values by path: `address[street]`, `tags[0]`. Null is left out. */
function appendForm(form: URLSearchParams, name: string, value: Json): void {
  if (value === null) return;
  if (typeof value !== 'object') {
    form.append(name, String(value));
    return;
  }
  const entries = Array.isArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : Object.entries(value);
  for (const [key, item] of entries) appendForm(form, name === '' ? key : `${name}[${key}]`, item as Json);
}
