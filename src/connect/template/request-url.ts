import type { Json } from '../../kernel/json.ts';
import type { Mapping, MappingObserver, MappingProblem, Variables, VariableUse } from '../mapping/mapping.ts';
import { isList, isObject, scalarText } from '../mapping/property.ts';
import { encodeValue, isDotSegment } from './percent-encoding.ts';
import type { UrlTemplate } from './url-template.ts';

/** Everything that has a say in a connector's URL. What is absent adds nothing. */
export interface RequestUrlParts {
  /** `@source(http: { baseURL })`. */
  readonly base?: UrlTemplate | undefined;
  /** `@source(http: { path })`: gives a list of segments. */
  readonly sourcePath?: Mapping | undefined;
  /** `@source(http: { queryParams })`: gives an object. */
  readonly sourceQuery?: Mapping | undefined;
  /** `@connect(http: { GET: … })`. */
  readonly template: UrlTemplate;
  /** `@connect(http: { path })`. */
  readonly path?: Mapping | undefined;
  /** `@connect(http: { queryParams })`. */
  readonly query?: Mapping | undefined;
}

export interface RequestUrl {
  /** Scheme, host and port, if the URL names them and no value has a part in them. */
  readonly absolute: string | undefined;
  /** Scheme, host and port with values; undefined if the URL names none. Never throws. */
  renderOrigin(variables: Variables, observe?: MappingObserver): string | undefined;
  /**
   * Path and query, beginning with one slash. Undefined if a value can't be sent where it stands: a list or an
   * object in place of a scalar, a segment that would be `.` or `..` or empty, a path that is no list, parameters
   * that are no object. Never throws.
   */
  render(variables: Variables, observe?: MappingObserver): string | undefined;
  readonly uses: readonly VariableUse[];
  /** Problems of how the parts go together, with offsets into the text of `template`. */
  readonly problems: readonly MappingProblem[];
}

/**
 * Joins the parts in the order of the Connect specification: base path, source path, connector path and its
 * segments; base query, source parameters, connector query and its parameters. A name that occurs in several
 * of them is sent several times.
 */
export function composeRequestUrl(parts: RequestUrlParts): RequestUrl {
  const { base, template } = parts;
  const named = base?.absolute === true ? base : template;
  const mappings = [parts.sourcePath, parts.sourceQuery, parts.path, parts.query];
  const uses = [base, template, ...mappings].flatMap((part) => part?.uses ?? []);
  const problems: MappingProblem[] = [];
  if (base?.absolute === true && template.absolute) {
    const message = 'A connector with a source gives a path only: the host comes from the source.';
    problems.push({ severity: 'error', message, offset: 0 });
  }
  return {
    absolute: named.origin,
    renderOrigin: (variables, observe) => named.renderOrigin(variables, observe),
    render(variables, observe) {
      const path = renderPath(parts, variables, observe);
      const query = path === undefined ? undefined : renderQuery(parts, variables, observe);
      if (path === undefined || query === undefined) return undefined;
      return query === '' ? path : `${path}?${query}`;
    },
    uses,
    problems,
  };
}

/** A path so far. `open`: it ends with a slash that was written for what follows. */
interface PathSoFar {
  readonly path: string;
  readonly open: boolean;
}

function renderPath(
  parts: RequestUrlParts,
  variables: Variables,
  observe?: MappingObserver,
): string | undefined {
  const start: PathSoFar = { path: '', open: false };
  const base = appendPath(start, parts.base, parts.sourcePath, variables, observe);
  const joined = base && appendPath(base, parts.template, parts.path, variables, observe);
  if (joined === undefined) return undefined;
  if (!joined.path.startsWith('//')) return joined.path === '' ? '/' : joined.path;
  // Some URL parsers read a host after two slashes.
  observe?.('The first segment of the path is empty.', 0);
  return undefined;
}

/**
 * Appends a template's path, then a mapping's segments. The slash before an empty value isn't open for what
 * follows, or the value would take a segment away.
 */
function appendPath(
  before: PathSoFar,
  template: UrlTemplate | undefined,
  mapping: Mapping | undefined,
  variables: Variables,
  observe: MappingObserver | undefined,
): PathSoFar | undefined {
  let { path, open } = before;
  if (template?.hasPath) {
    const own = template.renderPath(variables, observe);
    if (own === undefined) return undefined;
    path += open ? own : `/${own}`;
    open = template.endsWithSlash;
  }
  const segments = segmentsOf(mapping, variables, observe);
  if (segments === undefined || segments.length === 0) return segments && { path, open };
  return { path: path + (open ? '' : '/') + segments.join('/'), open: false };
}

/** A mapping's list as encoded segments; null items are left out. Nothing at all adds no segments. */
function segmentsOf(
  mapping: Mapping | undefined,
  variables: Variables,
  observe: MappingObserver | undefined,
): string[] | undefined {
  const value = mapping?.evaluate({}, variables, observe);
  if (value === undefined) return [];
  const refuse = (why: string) => {
    observe?.(why, 0);
    return undefined;
  };
  if (!isList(value)) return refuse('A path mapping must give a list of segments.');
  const segments: string[] = [];
  for (const item of value) {
    if (item === null) continue;
    const text = scalarText(item);
    if (text === undefined) return refuse('A path segment must be a single value.');
    if (text === '' || isDotSegment(text)) return refuse(`A path segment can't be ${JSON.stringify(text)}.`);
    segments.push(encodeValue(text));
  }
  return segments;
}

function renderQuery(
  parts: RequestUrlParts,
  variables: Variables,
  observe?: MappingObserver,
): string | undefined {
  const pieces = [
    parts.base === undefined ? '' : parts.base.renderQuery(variables, observe),
    parametersOf(parts.sourceQuery, variables, observe),
    parts.template.renderQuery(variables, observe),
    parametersOf(parts.query, variables, observe),
  ];
  if (pieces.includes(undefined)) return undefined;
  return pieces.filter((piece) => piece !== '').join('&');
}

/** A mapping's object as parameters: a list repeats the name, null is left out. */
function parametersOf(
  mapping: Mapping | undefined,
  variables: Variables,
  observe: MappingObserver | undefined,
): string | undefined {
  const value = mapping?.evaluate({}, variables, observe);
  if (value === undefined) return '';
  if (!isObject(value)) {
    observe?.('A mapping of query parameters must give an object.', 0);
    return undefined;
  }
  const parameters: string[] = [];
  for (const [name, given] of Object.entries(value)) {
    const encoded = encodeValue(name);
    for (const item of isList(given) ? given : valuesOf(given)) {
      const text = scalarText(item);
      if (text === undefined) {
        observe?.(`The parameter ${JSON.stringify(name)} must be a single value or a list of such.`, 0);
        return undefined;
      }
      parameters.push(`${encoded}=${encodeValue(text)}`);
    }
  }
  return parameters.join('&');
}

function valuesOf(value: Json): readonly Json[] {
  return value === null ? [] : [value];
}
