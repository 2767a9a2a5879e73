import type { ConstDirectiveNode } from 'graphql';
import type { ConnectVersion } from '../mapping/mapping.ts';
import type {
  ConnectDirective,
  ConnectHttp,
  ErrorTexts,
  HttpMethod,
  SourceDirective,
} from './connect-directive.ts';
import { type ArgumentReader, readArguments } from './directive-argument.ts';
import { readHeaders } from './read-headers.ts';
import { errorAt, type Report, type SdlText, warningAt } from './sdl-text.ts';

const METHODS: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const SOURCE_ARGUMENTS = ['name', 'http', 'errors', 'isSuccess'];
const SOURCE_HTTP = ['baseURL', 'headers', 'path', 'queryParams'];
const CONNECT_ARGUMENTS = ['source', 'id', 'http', 'batch', 'errors', 'selection', 'entity', 'isSuccess'];
const CONNECT_HTTP = [...METHODS, 'body', 'headers', 'path', 'queryParams'];
const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Reads a `@source`; undefined if it has no usable name, which is reported as every other fault is. */
export function readSource(
  directive: ConstDirectiveNode,
  version: ConnectVersion,
  report: Report,
): SourceDirective | undefined {
  const reader = readArguments(directive, SOURCE_ARGUMENTS, report);
  const name = reader.text('name');
  const http = reader.object('http', SOURCE_HTTP);
  if (reader.lacks('name')) report(errorAt(reader.at, '@source needs a name'));
  if (reader.lacks('http')) report(errorAt(reader.at, '@source needs http: { baseURL: … }'));
  else if (http?.lacks('baseURL')) report(errorAt(http.at, '@source(http:) needs a baseURL'));
  if (name === undefined) return undefined;
  if (!NAME.test(name.value)) {
    report(
      errorAt(name.at, `"${name.value}" is not a source name: letters, digits, _ and - only, a letter first`),
    );
    return undefined;
  }
  return {
    name: name.value,
    at: name.at,
    version,
    baseUrl: http?.text('baseURL'),
    headers: http === undefined ? [] : readHeaders(http, report),
    path: http?.text('path'),
    queryParams: http?.text('queryParams'),
    errors: readErrors(reader),
    isSuccess: reader.text('isSuccess'),
  };
}

/** Reads a `@connect`; undefined if it can't be used at all (no selection), which is reported. */
export function readConnect(
  directive: ConstDirectiveNode,
  version: ConnectVersion,
  report: Report,
): ConnectDirective | undefined {
  const reader = readArguments(directive, CONNECT_ARGUMENTS, report);
  const selection = reader.text('selection');
  if (reader.lacks('selection')) report(errorAt(reader.at, '@connect needs a selection'));
  const http = readHttp(reader, version, report);
  const entity = reader.boolean('entity');
  const id = reader.text('id');
  if (id !== undefined && !NAME.test(id.value)) {
    report(
      errorAt(id.at, `"${id.value}" is not a connector id: letters, digits, _ and - only, a letter first`),
    );
  }
  const maxBatch = readMaxBatch(reader, report);
  const source = reader.text('source');
  const errors = readErrors(reader);
  const isSuccess = reader.text('isSuccess');
  const isSourceFaulty = reader.has('source') && source === undefined;
  if (selection === undefined || http === 'faulty' || isSourceFaulty) return undefined;
  return {
    at: reader.at,
    version,
    source,
    id: id?.value,
    http,
    selection,
    entity: entity === undefined ? undefined : { value: entity, at: reader.place('entity') },
    maxBatch,
    errors,
    isSuccess,
  };
}

function readHttp(
  reader: ArgumentReader,
  version: ConnectVersion,
  report: Report,
): ConnectHttp | 'faulty' | undefined {
  if (!reader.has('http')) {
    if (!reader.lacks('http')) return 'faulty';
    if (version === '0.4') return undefined;
    report(errorAt(reader.at, '@connect needs http (a connector without it takes connect/v0.4)'));
    return 'faulty';
  }
  const http = reader.object('http', CONNECT_HTTP);
  if (http === undefined) return 'faulty';
  const given = METHODS.filter((method) => http.has(method));
  const texts = given.map((method) => http.text(method));
  const headers = readHeaders(http, report);
  const body = http.text('body');
  const path = http.text('path');
  const queryParams = http.text('queryParams');
  const [method] = given;
  if (method === undefined) {
    if (METHODS.every((one) => http.lacks(one))) {
      report(errorAt(http.at, `@connect(http:) needs one of ${METHODS.join(', ')}`));
    }
    return 'faulty';
  }
  if (given.length > 1) {
    const second = given[1] ?? method;
    report(
      errorAt(
        http.place(second),
        `@connect(http:) has several methods (${given.join(', ')}); one is allowed`,
      ),
    );
    return 'faulty';
  }
  if (method === 'GET' && body !== undefined) {
    report(
      warningAt(body.at, 'many servers ignore the body of a GET request; use queryParams, or another method'),
    );
  }
  const url: SdlText | undefined = texts[0];
  if (url === undefined) return 'faulty';
  return { at: http.at, method, url, body, headers, path, queryParams };
}

function readMaxBatch(reader: ArgumentReader, report: Report): ConnectDirective['maxBatch'] {
  const batch = reader.object('batch', ['maxSize']);
  const value = batch?.integer('maxSize');
  if (batch === undefined || value === undefined) return undefined;
  const at = batch.place('maxSize');
  if (value >= 1) return { value, at };
  report(errorAt(at, 'batch.maxSize must be 1 or more'));
  return undefined;
}

function readErrors(reader: ArgumentReader): ErrorTexts {
  const errors = reader.object('errors', ['message', 'extensions']);
  return { message: errors?.text('message'), extensions: errors?.text('extensions') };
}
