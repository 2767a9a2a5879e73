import { errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../storage/database.ts';
import { KeySetUnavailable } from '../key-set.ts';
import { atMost } from './at-most.ts';
import { insertSigningKey, readSigningKeys, retireOthers, type SigningKey } from './signing-key-store.ts';

/** Milliseconds after which keys are looked up anew while they serve. */
const MAX_AGE = 10_000;
/** Milliseconds between look-ups that forged key ids may cause. */
const COOLDOWN = 1000;
/** Milliseconds that who has a known key waits for news of it. */
const PATIENCE = 500;

/** The keys of access tokens: one signs, and those before it verify until their last token has ended. */
export interface SigningKeys {
  /** The one that signs, as the database has it now; made if there is none. Rejects if the database is away. */
  current(): Promise<SigningKey>;
  /** The key for a token's header. Rejects with `KeySetUnavailable`, or jose's error if there is none. */
  readonly verifying: JWTVerifyGetKey;
  /** What others verify with (RFC 7517). Rejects if no key is known and the database is away. */
  jwks(): Promise<JSONWebKeySet>;
  /** Every key that still verifies, the one that signs first. Rejects if the database is away. */
  list(): Promise<readonly SigningKey[]>;
  /**
   * Makes a new key that signs from now on. Those before it verify for `keepFor` milliseconds more: 0 ends every
   * token of theirs. Rejects if the database is away.
   */
  rotate(keepFor: number): Promise<SigningKey>;
}

export function createSigningKeys(
  { db }: Database,
  {
    clock,
    logger,
  }: { readonly clock: Clock; readonly logger: { warn(fields: object, message: string): void } },
): SigningKeys {
  let known: ReadonlyMap<string, SigningKey> | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;
  let told = false;

  async function load(): Promise<ReadonlyMap<string, SigningKey>> {
    known = await readSigningKeys(db, known);
    loadedAt = clock.now();
    return known;
  }

  /** Looks the keys up if that may help. Those that are known serve on if the database is away. */
  function renew(): Promise<void> {
    triedAt = clock.now();
    pending ??= load()
      .then(() => {
        told = false;
      })
      .catch((error: unknown) => {
        if (!told)
          logger.warn({ err: error }, 'signing keys could not be looked up; those known so far serve on');
        told = true;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  }

  const verifies = (key: SigningKey) => key.expiresAt === undefined || clock.wall() < key.expiresAt;

  async function current(): Promise<SigningKey> {
    const key = signing(await load());
    if (key !== undefined) return key;
    // Two processes may do so at the same time: both keys verify, and all sign with the same one of them.
    await insertSigningKey(db, clock.wall());
    return signing(await load()) as SigningKey;
  }

  return {
    current,
    async verifying(header) {
      const { kid } = header;
      const found = () => (kid === undefined ? undefined : known?.get(kid));
      const isStale = clock.now() - loadedAt >= MAX_AGE;
      if (isStale || found() === undefined) {
        const renewed = clock.now() - triedAt >= COOLDOWN ? renew() : pending;
        // Who has a key that is known does not wait for long; who has none can do nothing else.
        if (renewed !== undefined) await (found() ? atMost(PATIENCE, renewed, clock) : renewed);
      }
      if (known === undefined)
        throw new KeySetUnavailable('no signing keys', { cause: 'the database is away' });
      const key = found();
      if (key === undefined || !verifies(key)) throw new errors.JWKSNoMatchingKey();
      return key.publicKey;
    },
    async jwks() {
      if (known === undefined || clock.now() - loadedAt >= COOLDOWN) {
        if (known === undefined) await current();
        else await renew();
      }
      return {
        keys: inOrder(known ?? new Map())
          .filter(verifies)
          .map(({ jwk }) => jwk),
      };
    },
    list: async () => inOrder(await load()).filter(verifies),
    async rotate(keepFor) {
      const now = clock.wall();
      const kid = await insertSigningKey(db, now);
      await retireOthers(db, kid, now, keepFor);
      return signing(await load()) as SigningKey;
    },
  };
}

/** The newest one that is not retired; of two as new, all processes take the same. */
function signing(keys: ReadonlyMap<string, SigningKey>): SigningKey | undefined {
  return inOrder(keys).find(({ retiredAt }) => retiredAt === undefined);
}

function inOrder(keys: ReadonlyMap<string, SigningKey>): SigningKey[] {
  return [...keys.values()].sort((a, b) => b.createdAt - a.createdAt || (a.kid < b.kid ? -1 : 1));
}
