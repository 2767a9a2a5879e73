import { Readable } from 'node:stream';
import type { Json } from '../../../src/kernel/json.ts';
import { parseJson } from '../../../src/upstream/content.ts';
import type { Body } from '../../../src/upstream/upstream.ts';
import type { ServiceAnswer } from './answer.ts';

/** The bytes of an answer, as text. */
export function textOfAnswer({ json, text }: ServiceAnswer): string {
  return text ?? (json === undefined ? '' : JSON.stringify(json));
}

/**
 * A body that is there already. JSON goes through its text, so that content which comes again is known again; but for
 * what `JSON.stringify` would lose, which is handed over as it is.
 */
export function memoryBody(answer: ServiceAnswer): Body {
  const bytes = () => Buffer.from(textOfAnswer(answer));
  return {
    pipe: () => Promise.reject(new Error('GraphQL reads its answers whole')),
    bytes: () => Promise.resolve(bytes()),
    json: async () =>
      answer.text === undefined && losesAnything(answer.json) ? answer.json : parseJson(bytes(), 'memory'),
    stream: () => Readable.from([bytes()]),
    discard: () => {},
  };
}

/** Minus zero is written without its sign. */
function losesAnything(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0);
  return Object.values(value).some(losesAnything);
}
