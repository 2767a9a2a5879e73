import type { ForbiddenHeaders } from '../../config/check/check-headers.ts';
import { defaultService, type ServiceConfig } from '../../config/schema/service.ts';
import type { SourceDirective } from '../../connect/directive/connect-directive.ts';
import { errorAt, type Report } from '../../connect/directive/sdl-text.ts';
import type { ConnectVersion, Mapping } from '../../connect/mapping/mapping.ts';
import { expandLeadingValue } from '../../connect/template/leading-value.ts';
import { compileUrlTemplate, type UrlTemplate } from '../../connect/template/url-template.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { type Environment, staticVariables } from './bind-mapping.ts';
import { checkBoolean } from './build-answer.ts';
import { compileHeaders, type HeaderBlueprint } from './build-header.ts';
import { CONNECTOR_VARIABLES } from './check-variables.ts';
import { createTextCompiler } from './compile-text.ts';

/** A `@source` ready to be built into the connectors that name it. */
export interface SourceBlueprint {
  readonly name: string;
  /** Undefined: its base URL is faulty. */
  readonly service: ServiceConfig | undefined;
  readonly config: JsonObject;
  /** The base URL's own query, as a template without values; its host and path are in the service. */
  readonly query: UrlTemplate | undefined;
  readonly path: Mapping | undefined;
  readonly queryParams: Mapping | undefined;
  readonly headers: readonly HeaderBlueprint[];
  readonly errors: { readonly message: Mapping | undefined; readonly extensions: Mapping | undefined };
  readonly isSuccess: Mapping | undefined;
}

export interface SourceContext {
  readonly env: Environment;
  readonly forbidden: ForbiddenHeaders;
  readonly report: Report;
}

/**
 * Compiles a `@source`. A service of the configuration of the same name takes the place of its base URL, which is
 * still checked. Without one it gets the default policy, at the place that the base URL names when it is built.
 */
export function buildSource(
  source: SourceDirective,
  configured: ServiceConfig | undefined,
  { env, forbidden, report }: SourceContext,
): SourceBlueprint {
  const config: JsonObject = configured?.config ?? {};
  const texts = createTextCompiler(source.version, {
    schema: undefined,
    owner: { kind: 'source' },
    hasAnswer: true,
    config,
    env,
    report,
  });
  const written = source.baseUrl === undefined ? undefined : texts.url(source.baseUrl, 'baseURL');
  const base = written === undefined ? undefined : withLeadingValue(written, source.version, config, env);
  const place = base === undefined ? undefined : locate(base, config, env);
  if (base !== undefined && place === undefined && configured === undefined && source.baseUrl !== undefined) {
    const reason = base.absolute
      ? 'its values make no valid URL'
      : `${source.baseUrl.value.startsWith('{') ? 'the value that it begins with' : 'it'} must begin with http:// or https://`;
    report(errorAt(source.baseUrl.at, `the baseURL of source "${source.name}" can't be used: ${reason}`));
  }
  const isSuccess = texts.mapping(source.isSuccess, 'expression', 'response');
  checkBoolean(isSuccess, source.isSuccess, report);
  return {
    name: source.name,
    service: configured ?? (place === undefined ? undefined : defaultService([place.url])),
    config,
    query: configured === undefined ? place?.query : undefined,
    path: texts.mapping(source.path, 'selection', 'request'),
    queryParams: texts.mapping(source.queryParams, 'selection', 'request'),
    headers: compileHeaders(source.headers, { texts, config, env, forbidden, report }),
    errors: {
      message: texts.mapping(source.errors.message, 'expression', 'response'),
      extensions: texts.mapping(source.errors.extensions, 'selection', 'response'),
    },
    isSuccess,
  };
}

/**
 * `{$env.ORDERS_URL}/v2`: the operator's own value may be the beginning of the URL, with scheme, host and path. It is
 * put in as it is and the whole is read again; a template that names its scheme itself stays what it is.
 */
function withLeadingValue(
  written: UrlTemplate,
  version: ConnectVersion,
  config: JsonObject,
  env: Environment,
): UrlTemplate {
  if (written.absolute) return written;
  const options = { version, allow: CONNECTOR_VARIABLES };
  const text = expandLeadingValue(written.source, staticVariables(written.uses, config, env) ?? {}, options);
  return (text === undefined ? undefined : compileUrlTemplate(text, options).value) ?? written;
}

/** Host and path of a base URL, whose only values are known now; and its query, to be added to each request. */
function locate(
  base: UrlTemplate,
  config: JsonObject,
  env: Environment,
): { readonly url: string; readonly query: UrlTemplate | undefined } | undefined {
  const variables = staticVariables(base.uses, config, env) ?? {};
  const origin = base.renderOrigin(variables);
  const path = base.renderPath(variables);
  const query = base.renderQuery(variables);
  if (origin === undefined || path === undefined || query === undefined) return undefined;
  const url = `${origin}${path.startsWith('/') || path === '' ? '' : '/'}${path.replace(/\/+$/, '')}`;
  if (query === '') return { url, query: undefined };
  const compiled = compileUrlTemplate(`?${query}`, { version: '0.4', allow: CONNECTOR_VARIABLES });
  return { url, query: compiled.value };
}
