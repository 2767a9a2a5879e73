import type { Generated } from 'kysely';

/** Tables of the gateway's own accounts. Moments are milliseconds since 1970. */
export interface AccountTables {
  readonly portico_account: AccountTable;
  readonly portico_refresh_family: RefreshFamilyTable;
  readonly portico_signing_key: SigningKeyTable;
  readonly portico_setup_token: SetupTokenTable;
}

interface AccountTable {
  /** UUIDv7. */
  readonly id: string;
  readonly username: string;
  /** The username as it is compared; unique. */
  readonly username_key: string;
  /** In PHC form. */
  readonly password_hash: string;
  /** JSON list of text. */
  readonly roles: string;
  /** JSON list of text. */
  readonly scopes: string;
  /** JSON object: what else was given when it was registered. */
  readonly profile: string;
  readonly created_at: number;
  readonly last_login_at: number | null;
  /** Since when it may not be used; null: it may. */
  readonly disabled_at: number | null;
  /** Grows with every change of the password, the roles or the scopes: a login of before must not outlive it. */
  readonly version: Generated<number>;
}

/** One login and all refresh tokens that came of it. */
interface RefreshFamilyTable {
  readonly id: string;
  readonly account_id: string;
  /** Key of the proofs in its tokens: see identity/account/refresh-token.ts. */
  readonly proof_key: string;
  /** Hash of the one token that may still be used. */
  readonly token_hash: string;
  readonly created_at: number;
  /** When that token ends. */
  readonly expires_at: number;
  /** When the last access token that was given out with it ends. */
  readonly access_until: number;
  /** Since when none of its tokens is good any more; null: they are. */
  readonly ended_at: number | null;
}

interface SigningKeyTable {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  /** PKCS #8 in PEM. */
  readonly private_key: string;
  readonly created_at: number;
  /** Since when it signs nothing and only verifies; null: it signs. */
  readonly retired_at: number | null;
  /** Until when it verifies; null: as long as it signs. */
  readonly expires_at: number | null;
}

/** What lets somebody make the first admin. */
interface SetupTokenTable {
  /** SHA-256 of the token, in base64url. */
  readonly token_hash: string;
  readonly expires_at: number;
}
