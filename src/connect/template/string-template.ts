import type {
  Compiled,
  MappingObserver,
  MappingProblem,
  Variables,
  VariableUse,
} from '../mapping/mapping.ts';
import { type ExpressionPart, expressionText, parseTemplate, type TemplateOptions } from './template-part.ts';

/** Text with values in it, for header values and the like. */
export interface StringTemplate {
  readonly source: string;
  readonly uses: readonly VariableUse[];
  /**
   * The text with its values; what is null or missing leaves an empty place. Undefined if a value is a list or
   * an object, or holds what no header can carry: control characters (a line break would begin another header)
   * and characters beyond Latin-1. Never throws.
   */
  render(variables: Variables, observe?: MappingObserver): string | undefined;
}

/** What a header value may hold (RFC 9110, section 5.5). */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Compiles a template such as `Bearer {$config.token}`. Never throws. */
export function compileStringTemplate(source: string, options: TemplateOptions): Compiled<StringTemplate> {
  const { parts, uses, problems: found } = parseTemplate(source, options);
  const problems: MappingProblem[] = [...found];
  for (const part of parts) {
    if (part.kind !== 'text' || SENDABLE.test(part.text)) continue;
    problems.push({
      severity: 'error',
      message: 'This text has characters that no header can carry.',
      offset: part.offset,
    });
  }
  if (problems.some(({ severity }) => severity === 'error')) return { value: undefined, problems };
  const render: StringTemplate['render'] = (variables, observe) => {
    let text = '';
    for (const part of parts) {
      const piece = part.kind === 'text' ? part.text : partText(part, variables, observe);
      if (piece === undefined) return undefined;
      text += piece;
    }
    return text;
  };
  return { value: { source, uses, render }, problems };
}

function partText(
  part: ExpressionPart,
  variables: Variables,
  observe: MappingObserver | undefined,
): string | undefined {
  const text = expressionText(part, variables, observe);
  if (text === null || text === undefined) return text === null ? '' : undefined;
  if (SENDABLE.test(text)) return text;
  observe?.('This value has characters that no header can carry.', part.offset);
  return undefined;
}
