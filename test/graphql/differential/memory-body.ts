import { Readable } from 'node:stream';
import { parseJson } from '../../../src/upstream/content.ts';
import type { Body } from '../../../src/upstream/upstream.ts';
import type { ServiceAnswer } from './answer.ts';

/** The bytes of an answer, as text. */
export function textOfAnswer({ json, text }: ServiceAnswer): string {
  return text ?? (json === undefined ? '' : JSON.stringify(json));
}

/** A body that is there already. JSON is handed over as it is, so that it may hold what no text can say. */
export function memoryBody(answer: ServiceAnswer): Body {
  const bytes = () => Buffer.from(textOfAnswer(answer));
  return {
    pipe: () => Promise.reject(new Error('GraphQL reads its answers whole')),
    bytes: () => Promise.resolve(bytes()),
    json: async () =>
      answer.text === undefined ? answer.json : parseJson(Buffer.from(answer.text), 'memory'),
    stream: () => Readable.from([bytes()]),
    discard: () => {},
  };
}
