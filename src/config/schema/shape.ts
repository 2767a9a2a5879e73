import { z } from 'zod';

type Step = string | number;

/** Names that an object of the schema takes at `path`; empty where it takes none or any. */
export function keysAt(schema: z.core.$ZodType, path: readonly Step[]): string[] {
  return schemasAt(schema, path).flatMap((found) =>
    found instanceof z.ZodObject ? Object.keys(found.shape as object) : [],
  );
}

/** What the schema says of the value at `path`, for a message about its absence. */
export function descriptionAt(schema: z.core.$ZodType, path: readonly Step[]): string | undefined {
  return schemasAt(schema, path)
    .map((found) => z.globalRegistry.get(found)?.description)
    .find((text) => text !== undefined);
}

function schemasAt(schema: z.core.$ZodType, path: readonly Step[]): z.core.$ZodType[] {
  return path.reduce<z.core.$ZodType[]>(
    (current, step) => current.flatMap((one) => below(one, step)),
    unwrap(schema),
  );
}

function below(schema: z.core.$ZodType, step: Step): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.core.$ZodType>;
    const next = Object.hasOwn(shape, step) ? shape[step] : undefined;
    return next === undefined ? [] : unwrap(next);
  }
  if (schema instanceof z.ZodArray) return unwrap(schema.element);
  if (schema instanceof z.ZodRecord) return unwrap(schema.valueType);
  return [];
}

/** The alternatives that stand behind defaults, transforms and unions. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  return [schema];
}
