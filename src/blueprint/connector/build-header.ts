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

/** Compiles the header rules of one directive. Faulty ones are reported and left out. */
export function compileHeaders(
  rules: readonly HeaderRule[],
  texts: TextCompiler,
  config: JsonObject,
  env: Environment,
  report: Report,
): readonly HeaderBlueprint[] {
  return rules.flatMap((rule): HeaderBlueprint[] => {
    const { name, from } = rule;
    if (from !== undefined)
      return [{ name, from, uses: [], render: (variables) => clientHeader(from, variables) }];
    if (rule.value === undefined) return [];
    const template = texts.template(rule.value);
    if (template === undefined) return [];
    if (name === 'host') checkHost(template.uses, rule, report);
    const bound = staticVariables(template.uses, config, env);
    const render = (variables: Variables) => {
      const text = template.render(bound === undefined ? variables : { ...variables, ...bound });
      if (text === undefined) return undefined;
      return text.trim() === '' ? [] : [text.trim()];
    };
    return [{ name, from: undefined, uses: template.uses, render }];
  });
}

/** What a request is addressed to is never a caller's choice. */
function checkHost(uses: readonly VariableUse[], rule: HeaderRule, report: Report): void {
  const isStatic = uses.every(({ variable }) => variable === '$config' || variable === '$env');
  if (!isStatic) report(errorAt(rule.at, 'header "host" can only come from text, $config and $env'));
}

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
