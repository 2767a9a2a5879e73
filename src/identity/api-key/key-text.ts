import { hash, randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** For ids, which people read and type: 36 signs to the twelfth are 62 bits. */
const ID_DIGITS = DIGITS.slice(0, 10) + DIGITS.slice(36);
const ID_LENGTH = 12;
const SECRET_BYTES = 32;
/** Digits of 256 bits, and of 32. */
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;

const FORM = new RegExp(
  `^portico_([0-9a-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}}([0-9A-Za-z]{${CHECK_LENGTH}})$`,
);
/** Characters of every key: what is longer or shorter need not be looked at. */
export const KEY_LENGTH = 'portico_'.length + ID_LENGTH + 1 + SECRET_LENGTH + CHECK_LENGTH;

/** A key that has just been made: the one moment in which its text is known. */
export interface NewKeyText {
  /** What the key is called by everywhere: in lists, logs and paths. It is no secret. */
  readonly id: string;
  /** `portico_<id>_<secret><checksum>`. */
  readonly text: string;
}

/**
 * Makes up a key: 256 random bits, with an id before them that may be shown, and behind them a CRC-32 of all that, so
 * that scanners can tell a leaked key from what only looks like one, and the gateway can refuse a mistyped one unasked.
 */
export function createKeyText(): NewKeyText {
  const id = Array.from({ length: ID_LENGTH }, () => ID_DIGITS[randomInt(ID_DIGITS.length)]).join('');
  const secret = BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`);
  const begin = `portico_${id}_${digits(secret, SECRET_LENGTH)}`;
  return { id, text: begin + checksum(begin) };
}

/** Whether the text has the form of a key and its checksum is right. Says nothing of whether there is such a key. */
export function isKeyText(text: string): boolean {
  if (text.length !== KEY_LENGTH) return false;
  const match = FORM.exec(text);
  return match !== null && match[2] === checksum(text.slice(0, -CHECK_LENGTH));
}

/**
 * What is kept of a key, and what it is found by: its SHA-256 in hex. A password would need a slow hash, because people
 * choose it; nobody can try out 256 random bits, so that a quick one gives nothing away, and each request can pay for it.
 * Finding by the hash also means that no comparison looks at the key itself, whose time could tell how much of it is right.
 */
export function hashKey(text: string): string {
  return hash('sha256', text, 'hex');
}

function checksum(begin: string): string {
  return digits(BigInt(crc32(begin)), CHECK_LENGTH);
}

/** To the base of 62, filled up with zeros. */
function digits(value: bigint, length: number): string {
  let text = '';
  for (let left = value; left > 0n; left /= 62n) text = DIGITS[Number(left % 62n)] + text;
  return text.padStart(length, '0');
}
