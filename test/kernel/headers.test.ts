import { expect, it } from 'vitest';
import { getHeader, getHeaderValues, withoutHeaders } from '../../src/kernel/headers.ts';

const list = ['Set-Cookie', 'a=1', 'X-A', '1', 'set-cookie', 'b=2'];

it('finds headers in any spelling', () => {
  expect(getHeader(list, 'set-cookie')).toBe('a=1');
  expect(getHeader(list, 'x-b')).toBeUndefined();
  expect(getHeaderValues(list, 'set-cookie')).toEqual(['a=1', 'b=2']);
});

it('leaves order and spelling of what stays', () => {
  expect(withoutHeaders(list, (name) => name === 'set-cookie')).toEqual(['X-A', '1']);
});
