import { expect, it } from 'vitest';
import { createLimit, type LimitTerms } from '../../src/limits/limit.ts';
import { limitHeaders } from '../../src/limits/limit-headers.ts';
import { rateLimited } from '../../src/limits/take.ts';
import { FakeClock } from '../support/fake-clock.ts';

const TERMS: LimitTerms = { requests: 100, window: 60_000, by: ['user', 'ip'] };

it('tells the numbers in its message', () => {
  const message = (text: string, window = 60_000) =>
    createLimit('x', { ...TERMS, window, message: text }, ['x']).message;
  expect(message('请求过于频繁，请稍后再试。限制：{limit} 次/{window}秒')).toBe(
    '请求过于频繁，请稍后再试。限制：100 次/60秒',
  );
  expect(message('{limit} of {limit} in {window} s', 500)).toBe('100 of 100 in 0.5 s');
  expect(createLimit('x', TERMS, ['x']).message).toBe('Rate limit exceeded');
});

it('keeps counters of different spaces apart, whatever their names hold', () => {
  const space = (...parts: string[]) => createLimit('x', TERMS, parts).space;
  expect(space('limit', 'default')).toBe('limit:default:60000');
  expect(space('limit', 'a:b')).not.toBe(space('limit', 'a', 'b'));
  expect(space('limit', 'a%3Ab')).not.toBe(space('limit', 'a:b'));
  expect(createLimit('x', { ...TERMS, window: 1000 }, ['limit', 'default']).space).toBe('limit:default:1000');
});

it('is written as structured fields, also with a name that is not plain ASCII', () => {
  const clock = new FakeClock();
  const count = { allowed: true, limit: 100, remaining: 7, resetAt: clock.wall() + 1500 };
  const headers = (name: string) =>
    limitHeaders(createLimit(name, { ...TERMS, window: 1500 }, ['x']), count, clock);
  expect(headers('default')).toEqual([
    'X-RateLimit-Limit',
    '100',
    'X-RateLimit-Remaining',
    '7',
    'X-RateLimit-Reset',
    String(clock.wall() / 1000 + 2),
    'RateLimit-Policy',
    '"default";q=100;w=2',
    'RateLimit',
    '"default";r=7;t=2',
  ]);
  expect(headers('a "b" \\ é\r\nX: y').at(-1)).toBe('"a \\"b\\" \\\\ %c3%a9%0d%0aX: y";r=7;t=2');
});

it('asks for a second at least', () => {
  const clock = new FakeClock();
  const limit = createLimit('x', TERMS, ['x']);
  const error = (ms: number) =>
    rateLimited(limit, { allowed: false, limit: 1, remaining: 0, resetAt: clock.wall() + ms }, clock);
  expect(error(1)).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryAfter: 1 });
  expect(error(-5).retryAfter).toBe(1);
  expect(error(1001).retryAfter).toBe(2);
});
