import { forbiddenHeaders } from '../config/check/check-headers.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import type { ServiceConfig } from '../config/schema/service.ts';
import { errorAt, type Report } from '../connect/directive/sdl-text.ts';
import { type Problem, sortProblems } from '../kernel/problem.ts';
import type { Blueprint, GraphqlBlueprint } from './blueprint.ts';
import { buildGraphql } from './build-graphql.ts';
import type { Environment } from './connector/bind-mapping.ts';
import { deepFreeze } from './deep-freeze.ts';
import { buildTrustedDocuments } from './document/build-trusted-documents.ts';
import { buildRoutes } from './route/build-routes.ts';
import type { SdlFile } from './schema/parse-sdl.ts';

export interface BlueprintInput {
  readonly loaded: LoadedConfig;
  /** Every file of `graphql.schema`, in the order in which faults are to be told. */
  readonly sdl: readonly SdlFile[];
  readonly env: Environment;
  /**
   * Coordinates (`Type.field`) that the module of `graphql.resolvers` gives. Without it, and with a module
   * configured, a field that nothing else resolves is taken to be given by the module.
   */
  readonly resolved?: ReadonlySet<string>;
  /** The file of `graphql.trustedDocuments`, if there is one. */
  readonly trusted?: SdlFile | undefined;
}

export type BlueprintResult =
  | { readonly blueprint: Blueprint; readonly problems: readonly Problem[] }
  | { readonly blueprint: undefined; readonly problems: readonly Problem[] };

/**
 * Configuration and SDL → everything that a runtime is compiled from, or all that is wrong with them: each with
 * its file, line and column, by file and line. Pure: reads no file, calls nobody. With a blueprint, `problems`
 * holds warnings only.
 */
export function buildBlueprint(input: BlueprintInput): BlueprintResult {
  const { loaded, env } = input;
  const found = new Map<string, Problem>();
  const report: Report = (problem) => {
    const { file, line, column } = problem.at;
    found.set(`${file}:${line}:${column}:${problem.message}`, problem);
  };
  const services = new Map<string, ServiceConfig>(Object.entries(loaded.config.services));
  const graphql = buildGraphqlPart(input, services, report);
  const routes = buildRoutes({
    loaded,
    serviceNames: [...services.keys()],
    schema: graphql?.schema,
    env,
    report,
  });
  const problems = sortProblems([...found.values()]);
  if (problems.some(({ severity }) => severity === 'error')) return { blueprint: undefined, problems };
  const blueprint = deepFreeze({
    config: loaded.config,
    folder: loaded.folder,
    services,
    graphql,
    routes,
    warnings: problems,
  });
  return { blueprint, problems };
}

function buildGraphqlPart(
  { loaded, sdl, env, resolved, trusted }: BlueprintInput,
  services: Map<string, ServiceConfig>,
  report: Report,
): GraphqlBlueprint | undefined {
  const { graphql } = loaded.config;
  if (graphql === undefined) return undefined;
  const at = loaded.positions.at(['graphql', 'schema']);
  if (sdl.length === 0) {
    report(errorAt(at, `no schema file matches ${graphql.schema.join(', ')}`));
    return undefined;
  }
  const given = resolved ?? (graphql.resolvers === '' ? new Set<string>() : 'all');
  const built = buildGraphql({
    sdl,
    env,
    services,
    forbidden: forbiddenHeaders(loaded.config.auth),
    resolved: given,
    at,
    report,
  });
  if (built === undefined) return undefined;
  const { only } = graphql.trustedDocuments;
  const byId = trusted === undefined ? new Map() : buildTrustedDocuments(trusted, built.schema, report);
  return { ...built, trusted: { byId, only } };
}
