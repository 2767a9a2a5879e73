import { readFile } from 'node:fs/promises';
import { buildASTSchema, findBreakingChanges, GraphQLError, GraphQLSchema, parse, Source } from 'graphql';
import type { Position, Problem } from '../kernel/problem.ts';
import { CommandFailure } from './failure.ts';

/**
 * What in the new schema breaks operations that were right for the old one, each at the old definition that it
 * concerns. `file` holds the old public schema as SDL. Throws CommandFailure if it is not readable or no schema.
 */
export async function compareSchemas(file: string, current: GraphQLSchema | undefined): Promise<Problem[]> {
  const before = await readSchema(file);
  return findBreakingChanges(before, current ?? new GraphQLSchema({})).map(({ description }) => ({
    severity: 'error',
    at: positionOf(description, before, file),
    message: `breaking change: ${description}`,
  }));
}

async function readSchema(file: string): Promise<GraphQLSchema> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandFailure([`${file}: this file cannot be read: ${(error as Error).message}`]);
  });
  try {
    return buildASTSchema(parse(new Source(text, file)), { assumeValidSDL: true });
  } catch (error) {
    const at = error instanceof GraphQLError ? error.locations?.[0] : undefined;
    throw new CommandFailure([`${file}:${at?.line ?? 1}:${at?.column ?? 1}: ${(error as Error).message}`]);
  }
}

/** The definition of the type or field that a change begins or ends with: `Query.users was removed.` */
function positionOf(description: string, schema: GraphQLSchema, file: string): Position {
  for (const [name, member] of coordinates(description)) {
    const type = schema.getType(name);
    if (type === undefined) continue;
    const field = member !== undefined && 'getFields' in type ? type.getFields()[member] : undefined;
    const start = (field ?? type).astNode?.name.loc?.startToken;
    if (start !== undefined) return { file, line: start.line, column: start.column };
  }
  return { file, line: 1, column: 1 };
}

function coordinates(text: string): (readonly [type: string, member: string | undefined])[] {
  return [...text.matchAll(/\b([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?/g)].map((match) => [
    match[1] as string,
    match[2],
  ]);
}
