import type { ConnectDirective } from '../../connect/directive/connect-directive.ts';
import { errorAt, type Report, type SdlText } from '../../connect/directive/sdl-text.ts';
import type { Mapping, VariableUse } from '../../connect/mapping/mapping.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { Connector } from '../blueprint.ts';
import type { TextCompiler } from './compile-text.ts';
import { UNKNOWN } from './provided-shape.ts';

/** What is to be made of an answer, beside its selection. */
export interface AnswerBlueprint {
  readonly isSuccess: Mapping | undefined;
  readonly errors: Connector['errors'];
  readonly uses: readonly VariableUse[];
}

/** Compiles a connector's `isSuccess` and `errors`: its own rules come before the source's. */
export function buildAnswer(
  directive: ConnectDirective,
  source: Omit<AnswerBlueprint, 'uses'> | undefined,
  texts: TextCompiler,
  report: Report,
): AnswerBlueprint {
  const ownSuccess = texts.mapping(directive.isSuccess, 'expression', 'response');
  const ownMessage = texts.mapping(directive.errors.message, 'expression', 'response');
  const ownExtensions = texts.mapping(directive.errors.extensions, 'selection', 'response');
  checkBoolean(ownSuccess, directive.isSuccess, report);
  if (directive.http === undefined) refuse(directive, report);
  const isSuccess = ownSuccess ?? source?.isSuccess;
  const message = ownMessage ?? source?.errors.message;
  const extensions = joinObjects(source?.errors.extensions, ownExtensions);
  const uses = [isSuccess, message, extensions].flatMap((mapping) => mapping?.uses ?? []);
  return { isSuccess, errors: { message, extensions }, uses };
}

/** Rules for an answer that never comes. */
function refuse({ source, isSuccess, errors }: ConnectDirective, report: Report): void {
  if (source !== undefined) {
    report(errorAt(source.at, 'a connector without http calls nobody; remove the source'));
  }
  for (const text of [isSuccess, errors.message, errors.extensions]) {
    if (text !== undefined)
      report(errorAt(text.at, 'a connector without http makes no call that could fail'));
  }
}

/** Reports an `isSuccess` that certainly is neither true nor false. */
export function checkBoolean(mapping: Mapping | undefined, text: SdlText | undefined, report: Report): void {
  if (mapping === undefined || text === undefined) return;
  const { shape } = mapping;
  const isOther = shape.kind === 'object' || shape.kind === 'list';
  const isLiteral = shape.kind === 'literal' && typeof shape.value !== 'boolean';
  if (isOther || isLiteral) report(errorAt(text.at, 'isSuccess must give true or false'));
}

/** Both objects in one, the second's properties before the first's. */
function joinObjects(first: Mapping | undefined, second: Mapping | undefined): Mapping | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  return {
    source: second.source,
    shape: UNKNOWN,
    uses: [...first.uses, ...second.uses],
    view: undefined,
    evaluate(input, variables, observe) {
      const base = first.evaluate(input, variables, observe);
      const own = second.evaluate(input, variables, observe);
      return isJsonObject(base) && isJsonObject(own) ? { ...base, ...own } : (own ?? base);
    },
  };
}
