import { describe, expect, it } from 'vitest';
import { chooseAnswerType, mediaTypeOf } from '../../src/graphql/media-type.ts';

describe('chooseAnswerType', () => {
  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    [
      'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
      'application/graphql-response+json',
    ],
    ['application/json, application/graphql-response+json', 'application/json'],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0, */*;q=0.1', 'application/json'],
    ['text/html, application/xhtml+xml, */*;q=0.8', 'application/json'],
    ['image/png', undefined],
    ['application/json;q=0', undefined],
  ])('%j → %s', (accept, type) => {
    expect(chooseAnswerType(accept)).toBe(type);
  });
});

describe('mediaTypeOf', () => {
  it.each([
    ['application/json', 'application/json'],
    [' Application/JSON ; charset=utf-8', 'application/json'],
    [undefined, ''],
  ])('%j → %j', (header, type) => {
    expect(mediaTypeOf(header)).toBe(type);
  });
});
