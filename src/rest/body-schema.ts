import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type AnySchemaObject, type ErrorObject } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import type { RouteConfig } from '../config/schema/route.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Json } from '../kernel/json.ts';

/** A body that fails everywhere at once is not worth more than this many lines of answer. */
const MAX_PROBLEMS = 50;

/** Throws BAD_REQUEST with one problem for each failing JSON pointer. */
export type CheckBody = (body: Json) => void;

/**
 * Compiles a route's `schema` (JSON Schema 2020-12; inline, or a JSON or YAML file below `folder`) into a check.
 * `format` is an annotation, as the specification has it by default. Throws an `Error` if the file can't be read or
 * is no JSON Schema.
 */
export function compileBodySchema(schema: NonNullable<RouteConfig['schema']>, folder: string): CheckBody {
  const document: AnySchemaObject =
    typeof schema === 'string' ? parseYaml(readFileSync(resolve(folder, schema), 'utf8')) : schema;
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, logger: false });
  const validate = ajv.compile<Json>(document);
  return (body) => {
    if (validate(body)) return;
    const errors = (validate.errors ?? []).slice(0, MAX_PROBLEMS);
    throw new GatewayError('BAD_REQUEST', 'The request body does not fit its schema', {
      problems: errors.map((error) => ({ at: pointerOf(error), message: error.message ?? 'is not valid' })),
    });
  };
}

/** JSON pointer (RFC 6901) of what is wrong; for a missing or surplus property, of that property. */
function pointerOf({ instancePath, params }: ErrorObject): string {
  const property = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  if (typeof property !== 'string') return instancePath;
  return `${instancePath}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
