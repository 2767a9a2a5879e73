import type { ServerResponse } from 'node:http';
import { answer } from '../guard/answer.ts';
import { FALLBACK_HEADER, fallbackKind } from '../policy/fallback-header.ts';
import { type AnswerType, JSON_TYPE, RESPONSE_JSON } from './media-type.ts';
import type { OperationAnswer } from './operation-answer.ts';

/** Headers of answers of one type, flat: there are so few that all are made beforehand. */
interface AnswerHeaders {
  readonly none: readonly string[];
  readonly stale: readonly string[];
  readonly value: readonly string[];
}

const HEADERS: Readonly<Record<AnswerType, AnswerHeaders>> = {
  [RESPONSE_JSON]: headersFor(RESPONSE_JSON),
  [JSON_TYPE]: headersFor(JSON_TYPE),
};

function headersFor(type: AnswerType): AnswerHeaders {
  const none = ['Content-Type', `${type}; charset=utf-8`, 'Vary', 'Accept'];
  return {
    none,
    stale: [FALLBACK_HEADER, 'stale', ...none],
    value: [FALLBACK_HEADER, 'value', ...none],
  };
}

/** Sends an operation's answer, as the GraphQL server would. */
export function sendAnswer(given: OperationAnswer, type: AnswerType, response: ServerResponse): void {
  answer(response, given.status, HEADERS[type][fallbackKind(given.fallbacks) ?? 'none'], given.body);
}
