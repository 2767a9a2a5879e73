import type { ForbiddenHeaders } from '../../config/check/check-headers.ts';
import type { HeaderRule } from '../../connect/directive/read-headers.ts';
import { errorAt, type Report } from '../../connect/directive/sdl-text.ts';
import type { Variables, VariableUse } from '../../connect/mapping/mapping.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { type Environment, staticVariables } from './bind-mapping.ts';
import type { TextCompiler } from './compile-text.ts';

/** A header of a connector's request. */
export interface HeaderBlueprint {
  /** In lower case. */
  readonly name: string;
  /** The client's header that it copies, in lower case; undefined: it is made from a template. */
  readonly from: string | undefined;
  readonly uses: readonly VariableUse[];
  /** Undefined: a value can't be sent in a header. Empty: nothing is sent. */
  render(variables: Variables): readonly string[] | undefined;
}

export interface HeaderContext {
  readonly texts: TextCompiler;
  readonly config: JsonObject;
  readonly env: Environment;
  readonly forbidden: ForbiddenHeaders;
  readonly report: Report;
}

/** Compiles the header rules of one directive. Faulty ones are reported and left out. */
export function compileHeaders(
  rules: readonly HeaderRule[],
  { texts, config, env, forbidden, report }: HeaderContext,
): readonly HeaderBlueprint[] {
  return rules.flatMap((rule): HeaderBlueprint[] => {
    const { name, from } = rule;
    // What the gateway passes on by itself needs no rule, and takes none.
    if (from === name && PASSED_ON.test(name)) return [];
    const reason = forbidden(name, 'own') ?? (from === undefined ? undefined : forbidden(from, 'copied'));
    if (reason !== undefined) report(errorAt(rule.at, reason));
    if (from !== undefined) {
      return [{ name, from, uses: [], render: (variables) => clientHeader(from, variables) }];
    }
    const template = rule.value === undefined ? undefined : texts.template(rule.value);
    if (template === undefined) return [];
    const bound = staticVariables(template.uses, config, env);
    const render = (variables: Variables) => {
      const text = template.render(bound === undefined ? variables : { ...variables, ...bound });
      if (text === undefined) return undefined;
      return text.trim() === '' ? [] : [text.trim()];
    };
    return [{ name, from: undefined, uses: template.uses, render }];
  });
}

const PASSED_ON =
  /^(x-request-id|traceparent|tracestate|baggage|forwarded|via|x-forwarded-(for|host|proto))$/;

function clientHeader(name: string, { $request }: Variables): readonly string[] {
  if (typeof $request !== 'object' || $request === null || !('headers' in $request)) return [];
  const { headers } = $request;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return [];
  const value = name in headers ? (headers as JsonObject)[name] : undefined;
  const values = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === 'string');
}

/** Those of the source, save where the connector has its own of that name. */
export function mergeHeaders(
  source: readonly HeaderBlueprint[],
  connector: readonly HeaderBlueprint[],
): readonly HeaderBlueprint[] {
  const own = new Set(connector.map(({ name }) => name));
  return [...source.filter(({ name }) => !own.has(name)), ...connector];
}
