import type { Inbound } from '../../guard/inbound.ts';
import { readWhole } from '../../guard/read-whole.ts';
import { GatewayError } from '../../kernel/error.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { readJson } from '../../rest/json-body.ts';

/** Bytes of a body; nobody needs more to say who they are. */
const MAX_BYTES = 16_384;
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** What was wrong with which field, by its JSON pointer. */
export type FieldFault = GatewayError['problems'][number];

/** Whether the body is that of an HTML form. */
export function isForm({ headers }: Inbound): boolean {
  return FORM.test(headers['content-type'] ?? '');
}

/**
 * The fields of a JSON object or of a form; none if there is no body. Throws BAD_REQUEST, PAYLOAD_TOO_LARGE and
 * UNSUPPORTED_MEDIA_TYPE.
 */
export async function readFields(inbound: Inbound): Promise<JsonObject> {
  if (Number(inbound.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLarge();
  if (isForm(inbound)) return readForm(await readWhole(inbound.request));
  const body = await readJson(inbound, undefined).catch(withoutBody);
  if (body === undefined) return {};
  if (body.bytes.length > MAX_BYTES) throw tooLarge();
  if (!isJsonObject(body.value)) throw badFields([{ at: '', message: 'must be an object' }]);
  return body.value;
}

/** The fields of these names, each of them text. Throws BAD_REQUEST that tells of all that are not. */
export function textFields<Name extends string>(
  fields: JsonObject,
  ...names: readonly Name[]
): Record<Name, string> {
  const faults = names.flatMap((name): FieldFault[] => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (typeof value === 'string' && value !== '') return [];
    const message = value === undefined || value === '' ? 'is required' : 'must be text';
    return [{ at: `/${name}`, message }];
  });
  if (faults.length > 0) throw badFields(faults);
  return Object.fromEntries(names.map((name) => [name, fields[name]])) as Record<Name, string>;
}

/** BAD_REQUEST that tells what is wrong with which field. */
export function badFields(problems: readonly FieldFault[]): GatewayError {
  return new GatewayError('BAD_REQUEST', 'The request body is not valid', { problems });
}

function readForm(bytes: Buffer): JsonObject {
  if (bytes.length > MAX_BYTES) throw tooLarge();
  const fields = [...new URLSearchParams(bytes.toString())];
  const names = new Set<string>();
  for (const [name] of fields) {
    if (names.has(name)) throw badFields([{ at: `/${name}`, message: 'is there twice' }]);
    names.add(name);
  }
  return Object.fromEntries(fields);
}

/** Says that the JSON is broken, but not where: a parser shows what stands there, and it may be a password. */
function withoutBody(error: unknown): never {
  if (!(error instanceof GatewayError) || error.code !== 'BAD_REQUEST') throw error;
  throw new GatewayError('BAD_REQUEST', 'The request body is not valid JSON');
}

function tooLarge(): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', 'The request body is too large');
}
