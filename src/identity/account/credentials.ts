/** Characters of a password: fewer can be guessed, more are no safer. */
const PASSWORD_LENGTH = { min: 8, max: 256 } as const;
const USERNAME_LENGTH = 128;
/** Letters and digits of any script, and what e-mail addresses are written with. */
const USERNAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._@+-]*[\p{L}\p{M}\p{N}])?$/u;
const LATIN = /\p{Script=Latin}/u;
/** Scripts with letters that look like Latin ones. */
const LOOKALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}]/u;

/** A name as it is shown, and as it is compared: two that differ in case alone are one. */
export interface Username {
  readonly shown: string;
  readonly key: string;
}

/** Why a text can't be a username, for whoever typed it; undefined if it can. */
export function usernameFault(text: string): string | undefined {
  const { shown } = readUsername(text);
  if (shown === '') return 'must not be empty';
  if (shown.length > USERNAME_LENGTH) return `must not be longer than ${USERNAME_LENGTH} characters`;
  if (!USERNAME.test(shown))
    return 'must begin and end with a letter or digit, and hold only these and . _ @ + -';
  if (LATIN.test(shown) && LOOKALIKE.test(shown))
    return 'must not mix Latin letters with Cyrillic or Greek ones';
  return undefined;
}

/** The normal form of a name (NFKC), also of one that could never be registered. */
export function readUsername(text: string): Username {
  const shown = text.normalize('NFKC');
  return { shown, key: shown.toLowerCase() };
}

/** Why a text can't be the password of a user, for whoever typed it; undefined if it can. */
export function passwordFault(password: string, username: string): string | undefined {
  // A lone surrogate is no character: it would be hashed as what stands for any unreadable one.
  if (/\p{Surrogate}/u.test(password)) return 'must be text';
  const length = [...password.normalize('NFKC')].length;
  if (length < PASSWORD_LENGTH.min) return `must have at least ${PASSWORD_LENGTH.min} characters`;
  if (length > PASSWORD_LENGTH.max) return `must not be longer than ${PASSWORD_LENGTH.max} characters`;
  if (readUsername(password).key === readUsername(username).key) return 'must not be the username';
  return undefined;
}
