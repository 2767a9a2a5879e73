import { parseEnv } from 'node:util';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substitution {
  readonly text: string;
  /** Names of the variables that the text asked for; empty: it has no reference. */
  readonly names: readonly string[];
  /** What could not be put in; `reference` is the offending piece of the text as written. */
  readonly problems: readonly { readonly reference: string; readonly message: string }[];
}

const REFERENCE = /\$\$\{|\$\{[^}]*\}?/g;
const BODY = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?\}$/;

/**
 * Puts environment variables into `${NAME}` and `${NAME:-default}`; `$${` stands for a plain `${`.
 * As in a shell, the default is taken for a variable that is unset or empty.
 */
export function substitute(text: string, environment: Environment): Substitution {
  const names: string[] = [];
  const problems: { reference: string; message: string }[] = [];
  const result = text.replaceAll(REFERENCE, (reference) => {
    if (reference === '$${') return '${';
    const body = BODY.exec(reference);
    const name = body?.[1];
    const fallback = body?.[2];
    if (name === undefined || fallback?.includes('${')) {
      problems.push({ reference, message: malformed(reference) });
      return '';
    }
    names.push(name);
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value !== undefined) return value;
    problems.push({ reference, message: unset(name) });
    return '';
  });
  return { text: result, names, problems };
}

/** The variables of a `.env` file's text, overridden by those really set. */
export function mergeEnvironment(dotenv: string, environment: Environment): Environment {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined);
  return { ...parseEnv(dotenv), ...Object.fromEntries(set) };
}

function malformed(reference: string): string {
  const shown = JSON.stringify(reference);
  return `${shown} is no reference to an environment variable; write \${NAME} or \${NAME:-default}, or $\${ for a plain \${`;
}

function unset(name: string): string {
  return `the environment variable ${name} is not set; set it, put it into .env beside this file, or give a default: \${${name}:-…}`;
}
