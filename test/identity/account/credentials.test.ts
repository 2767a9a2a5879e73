import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passwordFault, readUsername, usernameFault } from '../../../src/identity/account/credentials.ts';

describe('a username', () => {
  it.each(['a', 'mei', 'Mei.Lin-2', 'mei+news@example.test', '张伟', 'Müller', 'иван', 'x'.repeat(128)])(
    'may be %s',
    (name) => {
      expect(usernameFault(name)).toBeUndefined();
    },
  );

  it.each([
    ['', 'must not be empty'],
    ['-mei', 'must begin and end with a letter or digit, and hold only these and . _ @ + -'],
    ['mei.', 'must begin and end with a letter or digit, and hold only these and . _ @ + -'],
    ['mei lin', 'must begin and end with a letter or digit, and hold only these and . _ @ + -'],
    ['mei\n', 'must begin and end with a letter or digit, and hold only these and . _ @ + -'],
    ['mei\u200b', 'must begin and end with a letter or digit, and hold only these and . _ @ + -'],
    ['<b>mei</b>', 'must begin and end with a letter or digit, and hold only these and . _ @ + -'],
    ['x'.repeat(129), 'must not be longer than 128 characters'],
    // The first letter is a Cyrillic one.
    ['аdmin', 'must not mix Latin letters with Cyrillic or Greek ones'],
  ])('may not be %j', (name, fault) => {
    expect(usernameFault(name)).toBe(fault);
  });

  it('is the same in every case and spelling of its letters', () => {
    expect(readUsername('MEI').key).toBe(readUsername('mei').key);
    // Full-width letters, as Asian keyboards give them.
    expect(readUsername('ｍｅｉ')).toEqual({ shown: 'mei', key: 'mei' });
    expect(readUsername('Mu\u0308ller').key).toBe(readUsername('müller').key);
  });

  it('has one normal form, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const { shown, key } = readUsername(text);
        expect(readUsername(shown)).toEqual({ shown, key });
        if (usernameFault(text) === undefined) expect(shown).not.toMatch(/[\s\p{C}"'<>&%/\\:,;]/u);
      }),
    );
  });
});

describe('a password', () => {
  it.each(['12345678', 'ein gutes wort', 'пароль42', 'x'.repeat(256), ' 	 	 	 	'])(
    'may be %j',
    (password) => {
      expect(passwordFault(password, 'mei')).toBeUndefined();
    },
  );

  it.each([
    ['1234567', 'must have at least 8 characters'],
    // Seven characters, each of two code units.
    ['👍👍👍👍👍👍👍', 'must have at least 8 characters'],
    ['x'.repeat(257), 'must not be longer than 256 characters'],
    ['MEI.LIN.2', 'must not be the username'],
    ['lone \ud800 half', 'must be text'],
  ])('may not be %j', (password, fault) => {
    expect(passwordFault(password, 'mei.lin.2')).toBe(fault);
  });
});
