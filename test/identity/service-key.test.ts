import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createVerifyServiceKey } from '../../src/identity/service-key.ts';

const KEYS = ['the old key 0123456789', 'the new key 0123456789'];

it('takes each of several keys, and says which one it was', () => {
  const verify = createVerifyServiceKey(KEYS);
  expect(verify(KEYS[0] as string)).toMatchObject({
    via: 'service-key',
    id: 'service-key-1',
    roles: [],
    scopes: [],
  });
  expect(verify(KEYS[1] as string)).toMatchObject({ id: 'service-key-2', keyId: 'service-key-2' });
  // The same object each time: others remember what they made of it.
  expect(verify(KEYS[1] as string)).toBe(verify(KEYS[1] as string));
});

it('takes nothing else', () => {
  const verify = createVerifyServiceKey(KEYS);
  const near = fc
    .tuple(fc.constantFrom(...KEYS), fc.nat(30), fc.string(), fc.nat(30))
    .map(([key, from, middle, to]) => key.slice(0, from) + middle + key.slice(to));
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      if (KEYS.includes(text)) expect(verify(text).via).toBe('service-key');
      else expect(() => verify(text)).toThrow('Invalid token');
    }),
  );
});

it('tells nobody what the key is like', () => {
  const verify = createVerifyServiceKey(KEYS);
  expect(JSON.stringify(verify(KEYS[0] as string))).not.toContain('old');
  try {
    verify('a guess');
  } catch (error) {
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toMatch(/guess|old|new/);
  }
});
