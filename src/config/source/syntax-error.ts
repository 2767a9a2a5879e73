import { type Document, visit } from 'yaml';
import { unmaskBraces } from './mask.ts';

type SyntaxFault = Document.Parsed['errors'][number] | Document.Parsed['warnings'][number];

interface Described {
  readonly offset: number;
  readonly message: string;
}

/**
 * What the parser found wrong with a text, in words that say what to do; empty if nothing is. One slip makes much of
 * what follows look wrong: only what tells something is kept. In `masked`, as the parser saw it, all whole `${NAME}`
 * of `text` are hidden.
 */
export function describeSyntaxErrors(document: Document.Parsed, masked: string, text: string): Described[] {
  const faults = [...document.errors, ...document.warnings];
  const unclosed = faults.find(({ message }) => message.startsWith('Missing closing'));
  if (unclosed !== undefined) return [describeQuote(document, unclosed)];
  const telling = faults.filter(({ code }, i) => i === 0 || code !== 'UNEXPECTED_TOKEN');
  return telling.map((fault) => describeReference(fault, masked) ?? describe(fault, masked !== text));
}

function describe({ code, message, pos: [offset] }: SyntaxFault, masked: boolean): Described {
  const hint = HINTS[code];
  const said = unmaskBraces(message, masked);
  return { offset, message: `not valid YAML: ${said}${hint === undefined ? '' : `; ${hint}`}` };
}

const HINTS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'text with ": " in it needs quotes',
  TAB_AS_INDENT: 'indent with spaces',
};

/** A quote that is never closed swallows the rest: the fault is where it opens, not where the file ends. */
function describeQuote(document: Document.Parsed, { pos: [end] }: SyntaxFault): Described {
  let offset = end;
  visit(document, {
    Scalar(_, { type, range }) {
      if (type?.startsWith('QUOTE') && range && range[0] < end) offset = range[0];
    },
  });
  return { offset, message: 'not valid YAML: the quote that opens here is never closed' };
}

/** `${NAME` in braces: YAML takes the open brace for its own. */
function describeReference({ pos: [offset] }: SyntaxFault, masked: string): Described | undefined {
  const line = masked.lastIndexOf('\n', offset - 1) + 1;
  const open = masked.slice(line, offset + 2).lastIndexOf('${');
  if (open === -1) return undefined;
  const message = `this "\${" begins no reference to an environment variable; write \${NAME} or \${NAME:-default}`;
  return { offset: line + open, message };
}
