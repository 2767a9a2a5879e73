import { z } from 'zod';
import { configSchema } from './schema/config.ts';

type Node = Record<string, unknown>;

/** Text with an environment reference in it; the validator sees what it stands for, an editor does not. */
const REFERENCE: Node = { $ref: '#/definitions/environmentReference' };
const DEFINITION: Node = {
  description: 'An environment variable, with or without a default.',
  type: 'string',
  pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}',
};

/**
 * The JSON Schema (draft 7, which every editor knows) of gateway.yaml, out of the schema that validates it.
 * Wherever a value is narrower than any text, a `${NAME}` is allowed as well.
 */
export function configJsonSchema(): Node {
  const generated = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as Node;
  const { $schema, definitions, ...rest } = withReferences(generated) as Node;
  return {
    $schema,
    title: 'Portico gateway configuration',
    description:
      'gateway.yaml: one GraphQL schema and REST routes over the same services, under one set of policies.',
    ...rest,
    definitions: { ...(definitions as Node | undefined), environmentReference: DEFINITION },
  };
}

function withReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  if (typeof schema !== 'object' || schema === null) return schema;
  const node = schema as Node;
  if (isNarrowScalar(node)) return allowReference(node, [plain(node)]);
  const choices = node.anyOf as Node[] | undefined;
  if (choices?.some(isNarrowScalar)) {
    return allowReference(
      node,
      choices.map((choice) => (isNarrowScalar(choice) ? plain(choice) : (withReferences(choice) as Node))),
    );
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inner(key, value)]));
}

/** Names of properties and default values are data, not schemas; a name pattern of a map's keys stays as it is. */
function inner(key: string, value: unknown): unknown {
  if (key === 'default' || key === 'required' || key === 'propertyNames' || key === 'enum') return value;
  if (key === 'properties' || key === 'definitions') {
    return Object.fromEntries(
      Object.entries(value as Node).map(([name, schema]) => [name, withReferences(schema)]),
    );
  }
  return withReferences(value);
}

function isNarrowScalar(node: Node): boolean {
  if ('const' in node || 'enum' in node) return true;
  if (node.type === 'number' || node.type === 'integer' || node.type === 'boolean') return true;
  return node.type === 'string' && ('pattern' in node || 'format' in node);
}

function allowReference({ default: fallback, description }: Node, choices: readonly Node[]): Node {
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [...choices, REFERENCE],
  };
}

/** The narrow part alone. The largest number that JavaScript counts exactly says nothing to a reader. */
function plain({ default: _, description: __, ...narrow }: Node): Node {
  if (narrow.maximum === Number.MAX_SAFE_INTEGER) delete narrow.maximum;
  return narrow;
}
