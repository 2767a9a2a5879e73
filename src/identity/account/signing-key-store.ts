import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Database } from '../../storage/database.ts';

/** Signatures that every JWT library verifies. */
export const SIGNING_ALGORITHM = 'ES256';
const CURVE = 'P-256';
const makeKeyPair = promisify(generateKeyPair);

/** Milliseconds that a key verifies longer than any token of it lives, for clocks that differ. */
const SLACK = 60_000;
/** Milliseconds after which the row of a key that verifies nothing any more may go. */
const KEEP = 30 * 86_400_000;

/** A key pair of the gateway's own. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Since when it signs nothing; undefined: it signs. */
  readonly retiredAt: number | undefined;
  /** Until when it verifies; undefined: as long as it signs. */
  readonly expiresAt: number | undefined;
}

/** All that there are, by id; `known` ones are not read again. */
export async function readSigningKeys(
  db: Database['db'],
  known: ReadonlyMap<string, SigningKey> | undefined,
): Promise<ReadonlyMap<string, SigningKey>> {
  const rows = await db.selectFrom('portico_signing_key').selectAll().execute();
  return new Map(
    rows.map((row) => [
      row.kid,
      {
        ...(known?.get(row.kid) ?? readPair(row.kid, row.private_key)),
        createdAt: row.created_at,
        retiredAt: row.retired_at ?? undefined,
        expiresAt: row.expires_at ?? undefined,
      },
    ]),
  );
}

/** Makes a key that signs from now on; gives its id. */
export async function insertSigningKey(db: Database['db'], now: number): Promise<string> {
  const { publicKey, privateKey } = await makeKeyPair('ec', { namedCurve: CURVE });
  const kid = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }) as JWK);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const row = { kid, private_key: pem, created_at: now, retired_at: null, expires_at: null };
  await db.insertInto('portico_signing_key').values(row).execute();
  return kid;
}

/** Lets all keys but one verify for `keepFor` milliseconds more, and sign nothing. 0: they verify nothing either. */
export async function retireOthers(
  db: Database['db'],
  kid: string,
  now: number,
  keepFor: number,
): Promise<void> {
  await db
    .deleteFrom('portico_signing_key')
    .where('expires_at', '<', now - KEEP)
    .execute();
  const others = db.updateTable('portico_signing_key').where('kid', '!=', kid);
  await others
    .where('retired_at', 'is', null)
    .set({ retired_at: now, expires_at: keepFor === 0 ? now : now + keepFor + SLACK })
    .execute();
  if (keepFor === 0) await others.where('expires_at', '>', now).set({ expires_at: now }).execute();
}

type KeyPair = Pick<SigningKey, 'kid' | 'privateKey' | 'publicKey' | 'jwk'>;

function readPair(kid: string, pem: string): KeyPair {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: 'jwk' }) as JWK;
  return { kid, privateKey, publicKey, jwk: { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' } };
}
