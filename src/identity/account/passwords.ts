import { hash, parseOptions, verify } from '@node-rs/argon2';
import type { Signal } from '../../kernel/abort.ts';

/** What a hash costs: argon2id (RFC 9106) with the least that OWASP advises, about 25 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * Does work of 19 MiB and one thread when there is room for it. Rejects with a `GatewayError` (503) when too many
 * wait, and with the signal's reason when nobody waits any more.
 */
export type HashingPlace = <T>(work: () => Promise<T>, signal: Signal | undefined) => Promise<T>;

/** Hashes and compares passwords off the event loop. Both reject as their `HashingPlace` does. */
export interface Passwords {
  /** In PHC form: algorithm, cost, salt and hash in one text. */
  hash(password: string, signal?: Signal): Promise<string>;
  /**
   * Whether the password has this hash. `undefined` for an account that isn't there: takes the same time and says no,
   * so that nobody learns from the time which names are taken.
   */
  matches(password: string, hashed: string | undefined, signal?: Signal): Promise<boolean>;
  /** Whether a hash was made at another cost than new ones are. */
  isOutdated(hashed: string): boolean;
}

/** `place` bounds how much hashing goes on at a time. */
export function createPasswords(place: HashingPlace): Passwords {
  let made: Promise<string> | undefined;
  /** The hash of a password that nobody knows, made when first needed, at the same cost as all others. */
  const decoyHash = (signal: Signal | undefined): Promise<string> => {
    made ??= place(() => hash(crypto.randomUUID(), COST), signal).catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };

  return {
    hash: (password, signal) => place(() => hash(normalForm(password), COST), signal),
    async matches(password, hashed, signal) {
      // Asked for in either case, so that the first one who has it made is not told apart.
      const decoy = await decoyHash(signal);
      const compared = hashed ?? decoy;
      const isSame = await place(() => verify(compared, normalForm(password)), signal);
      return isSame && hashed !== undefined;
    },
    isOutdated(hashed) {
      const { memoryCost, timeCost, parallelism } = parseOptions(hashed);
      return memoryCost !== COST.memoryCost || timeCost !== COST.timeCost || parallelism !== COST.parallelism;
    },
  };
}

/** The same text typed on another keyboard may come in other code points (NIST SP 800-63B, 5.1.1.2). */
function normalForm(password: string): string {
  return password.normalize('NFKC');
}
