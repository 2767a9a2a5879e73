const INTEGER = /^[-+]?[0-9]+$/;
const RADIX = /^0(o[0-7]+|x[0-9a-fA-F]+)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/**
 * What unquoted text stands for in the core schema of YAML 1.2 (10.3.2): a boolean, a number, null or itself.
 * Empty text stays text: a variable that is set to nothing is not null.
 */
export function plainScalar(text: string): string | number | boolean | null {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  if (/^(null|Null|NULL|~)$/.test(text)) return null;
  if (INTEGER.test(text) || RADIX.test(text) || FLOAT.test(text)) return Number(text);
  return text;
}
