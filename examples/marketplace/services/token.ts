import { jwtVerify, SignJWT } from 'jose';

/** What the user service puts into a token; the gateway reads `user_id`, `username` and `roles`. */
export interface Subject {
  readonly id: number;
  readonly username: string;
  readonly roles: readonly string[];
}
type TokenKind = 'access' | 'refresh';

const LIFETIME: Readonly<Record<TokenKind, string>> = { access: '12h', refresh: '30d' };

/**
 * Access tokens are signed with the secret that this service shares with the gateway (see `gateway.yaml`; the
 * default is for the demo only). Refresh tokens have a key of their own, so that the gateway takes none of them.
 */
function keyOf(kind: TokenKind): Uint8Array {
  const shared = process.env.JWT_SECRET_KEY ?? 'marketplace-demo-secret-change-me-please';
  return new TextEncoder().encode(kind === 'access' ? shared : `${shared}/refresh`);
}

/** Signs a token with HS256; an access token is valid for 12 hours, a refresh token for 30 days. */
export function signToken(kind: TokenKind, subject: Subject): Promise<string> {
  return new SignJWT({
    token_type: kind,
    user_id: subject.id,
    username: subject.username,
    roles: [...subject.roles],
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(LIFETIME[kind])
    .sign(keyOf(kind));
}

/** User id of a valid refresh token; undefined for anything else. */
export async function readRefreshToken(token: string): Promise<number | undefined> {
  try {
    const { payload } = await jwtVerify(token, keyOf('refresh'), { algorithms: ['HS256'] });
    return typeof payload.user_id === 'number' ? payload.user_id : undefined;
  } catch {
    return undefined;
  }
}
