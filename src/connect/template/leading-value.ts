import type { Variables } from '../mapping/mapping.ts';
import { expressionText, parseTemplate, type TemplateOptions } from './template-part.ts';

/**
 * The template with the value of the expression that it begins with in that expression's place, not encoded: only
 * for values that are as trustworthy as the template itself. Undefined if it begins with text, if the value is
 * missing or no single one, or if it has a brace, which would begin another expression. Never throws.
 */
export function expandLeadingValue(
  source: string,
  variables: Variables,
  options: TemplateOptions,
): string | undefined {
  const [first, second] = parseTemplate(source, options).parts;
  if (first?.kind !== 'expression') return undefined;
  const value = expressionText(first, variables, undefined);
  if (typeof value !== 'string' || /[{}]/.test(value)) return undefined;
  if (second === undefined) return value;
  // The offset of an expression is that of its text, behind its brace.
  return value + source.slice(second.kind === 'text' ? second.offset : second.offset - 1);
}
