import type {
  Compiled,
  MappingObserver,
  MappingProblem,
  Variables,
  VariableUse,
} from '../mapping/mapping.ts';
import { encodeText, encodeValue, isDotSegment } from './percent-encoding.ts';
import {
  expressionText,
  parseTemplate,
  type TemplateOptions,
  type TemplatePart,
  URL_LAYOUT,
} from './template-part.ts';
import { splitUrl, type UrlParts } from './url-part.ts';

/** A URL with values in it: `https://api.example.com/v1`, `/users/{$args.id}?lang={$args.lang}`. */
export interface UrlTemplate {
  readonly source: string;
  readonly uses: readonly VariableUse[];
  /** It names a host; otherwise it is a path below some base URL. */
  readonly absolute: boolean;
  /** Scheme, host and port, if they are the same for every request. */
  readonly origin: string | undefined;
  /** As `origin`, with values; undefined if it names no host, or a value makes it none. Never throws. */
  renderOrigin(variables: Variables, observe?: MappingObserver): string | undefined;
  /** Without its leading slash. Undefined if a value can't be in a path. Never throws. */
  renderPath(variables: Variables, observe?: MappingObserver): string | undefined;
  /** Parameters joined by `&`, without those whose whole value is null or missing. Never throws. */
  renderQuery(variables: Variables, observe?: MappingObserver): string | undefined;
  /** The path says something: it is neither empty nor a lone slash. */
  readonly hasPath: boolean;
  /** The path is written with a slash at its end, so what is appended needs none. */
  readonly endsWithSlash: boolean;
}

/** One path segment or parameter, or text that is the same for every request; null: to be left out. */
type Render = (variables: Variables, observe: MappingObserver | undefined) => string | null | undefined;

/**
 * Compiles the template of a URL, absolute (http, https) or relative. Inserted values are encoded so that they
 * stay where they are put: they never add a segment, a parameter, a fragment or a host, and a value never makes
 * a segment `.` or `..`. Never throws.
 */
export function compileUrlTemplate(source: string, options: TemplateOptions): Compiled<UrlTemplate> {
  const { parts, uses, problems: found } = parseTemplate(source, options, URL_LAYOUT);
  const split = splitUrl(parts);
  const problems: MappingProblem[] = [...found, ...split.problems];
  if (problems.some(({ severity }) => severity === 'error')) return { value: undefined, problems };
  return { value: urlTemplate(source, uses, split), problems };
}

function urlTemplate(source: string, uses: readonly VariableUse[], split: UrlParts): UrlTemplate {
  const { scheme, authority, path, query } = split;
  const isStatic = authority.every(({ kind }) => kind === 'text');
  const renderOrigin: UrlTemplate['renderOrigin'] = (variables, observe) =>
    scheme === undefined ? undefined : originOf(scheme, authority, variables, observe);
  return {
    source,
    uses,
    absolute: scheme !== undefined,
    origin: isStatic ? renderOrigin({}) : undefined,
    hasPath: path.some((segment) => segment.length > 0),
    endsWithSlash: path.at(-1)?.length === 0,
    renderOrigin,
    renderPath: joining(
      '/',
      path.map((segment) => compileSegment(segment)),
    ),
    renderQuery: joining(
      '&',
      query.map((parameter) => compileParameter(parameter)),
    ),
  };
}

function joining(separator: string, renders: readonly Render[]): UrlTemplate['renderPath'] {
  return (variables, observe) => {
    const rendered: string[] = [];
    for (const render of renders) {
      const text = render(variables, observe);
      if (text === undefined) return undefined;
      if (text !== null) rendered.push(text);
    }
    return rendered.join(separator);
  };
}

function compileSegment(segment: readonly TemplatePart[]): Render {
  const render = compilePieces(segment);
  const dynamic = segment.find(({ kind }) => kind === 'expression');
  if (dynamic === undefined) return render;
  return (variables, observe) => {
    const text = render(variables, observe);
    if (typeof text !== 'string' || !isDotSegment(text)) return text;
    observe?.(
      `A value made the path segment ${JSON.stringify(text)}, which would lead elsewhere.`,
      dynamic.offset,
    );
    return undefined;
  };
}

/** A parameter is left out if its whole value is one expression, and that is null or missing. */
function compileParameter(parameter: readonly TemplatePart[]): Render {
  const last = parameter.at(-1);
  const before = parameter.at(-2);
  const whole = before === undefined || (before.kind === 'text' && before.text.endsWith('='));
  if (last?.kind !== 'expression' || !whole) return compilePieces(parameter);
  const renderName = compilePieces(parameter.slice(0, -1));
  return (variables, observe) => {
    const value = expressionText(last, variables, observe);
    if (value === null || value === undefined) return value;
    const name = renderName(variables, observe);
    return typeof name === 'string' ? name + encodeValue(value) : name;
  };
}

/** Text is encoded once, values each time. What is null or missing leaves an empty place. */
function compilePieces(parts: readonly TemplatePart[]): Render {
  const pieces = parts.map((part) => (part.kind === 'text' ? encodeText(part.text) : part));
  return (variables, observe) => {
    let text = '';
    for (const piece of pieces) {
      const value = typeof piece === 'string' ? piece : expressionText(piece, variables, observe);
      if (value === undefined) return undefined;
      text += typeof piece === 'string' ? piece : encodeValue(value ?? '');
    }
    return text;
  };
}

/** What a value may add to a host or a port: a name, an address, either with its port; nothing that ends it. */
const HOST_VALUE = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

function originOf(
  scheme: string,
  authority: readonly TemplatePart[],
  variables: Variables,
  observe: MappingObserver | undefined,
): string | undefined {
  let text = '';
  for (const part of authority) {
    if (part.kind === 'text') {
      text += part.text;
      continue;
    }
    const value = expressionText(part, variables, observe);
    if (typeof value !== 'string' || !HOST_VALUE.test(value)) {
      observe?.('This value is not part of a host name.', part.offset);
      return undefined;
    }
    text += value;
  }
  const url = `${scheme}://${text}/`;
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
