import type { Connector } from '../blueprint/blueprint.ts';
import { CallError } from './call-error.ts';

/** A value that does not fit the schema, by the service that gave it: UPSTREAM_INVALID, without the value. */
export function misfitOf(connector: Connector | undefined, message: string, cause?: unknown): CallError {
  return new CallError('UPSTREAM_INVALID', { connector, service: undefined, message, cause });
}

export function notNull(coordinate: string): string {
  return `Cannot return null for non-nullable field ${coordinate}.`;
}

export function notObject(coordinate: string): string {
  return `The value of ${coordinate} is not an object`;
}

export function notList(coordinate: string): string {
  return `The value of ${coordinate} is not a list`;
}

export function notOfType(coordinate: string, typeName: string): string {
  return `The value of ${coordinate} is not of type ${typeName}`;
}

export function tooDeep(coordinate: string): string {
  return `The value of ${coordinate} is nested too deeply`;
}
