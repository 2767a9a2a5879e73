import { type Command, InvalidArgumentError } from 'commander';
import { SignJWT } from 'jose';
import type { JwtConfig } from '../config/schema/auth.ts';
import type { Config } from '../config/schema/config.ts';
import { parseDuration } from '../kernel/quantity.ts';
import { type ConfigOption, configCommand } from './config-option.ts';
import { CommandFailure } from './failure.ts';
import { loadSettings } from './load-settings.ts';
import { print } from './report.ts';

export interface TokenOptions {
  readonly user: string;
  readonly name?: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Milliseconds. */
  readonly ttl: number;
}

export function tokenCommand(): Command {
  return configCommand(
    'token',
    'mint a token that this configuration accepts (needs a `secret` in auth.jwt)',
    [
      'portico token --user 42',
      'portico token --user 42 --roles admin,editor --scopes "posts:read posts:write" --ttl 8h',
      'curl -H "Authorization: Bearer $(portico token --user 42)" http://localhost:4000/me',
    ],
  )
    .requiredOption('--user <id>', 'whom the token is for')
    .option('--name <name>', 'the name to show')
    .option('--roles <list>', 'roles, separated by commas', list, [])
    .option('--scopes <list>', 'scopes, separated by commas or spaces', list, [])
    .option('--ttl <duration>', 'how long it is good for, such as 30s, 15m, 1h or 30d', lifetime, 3_600_000)
    .action(token);
}

async function token(options: TokenOptions & ConfigOption): Promise<void> {
  const loaded = await loadSettings(options.config);
  const jwt = loaded.config.auth.jwt.find(({ secret }) => secret !== undefined);
  if (jwt?.secret === undefined) {
    const { line, column } = loaded.positions.key(['auth', 'jwt']);
    const message =
      'no entry of auth.jwt has a `secret`: tokens of other keys come from whoever holds the private key';
    throw new CommandFailure([`${options.config}:${line}:${column}: ${message}`]);
  }
  print(await mintToken(options, { ...jwt, secret: jwt.secret }, loaded.config.auth.claims));
}

/** A signed token (RFC 7519) whose claims stand where the configuration looks for them. */
export async function mintToken(
  options: TokenOptions,
  jwt: JwtConfig & { readonly secret: string },
  claims: Config['auth']['claims'],
): Promise<string> {
  const payload: Record<string, unknown> = {};
  const put = (name: string, value: unknown) => setClaim(payload, name, value);
  put(claims.id, options.user);
  if (options.name !== undefined) put(claims.name, options.name);
  if (options.roles.length > 0) put(claims.roles, options.roles);
  if (options.scopes.length > 0) put(claims.scopes, options.scopes.join(' '));
  const now = Math.floor(Date.now() / 1000);
  const unsigned = new SignJWT(payload)
    .setProtectedHeader({ alg: jwt.algorithms?.[0] ?? 'HS256', typ: 'JWT' })
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(options.ttl / 1000));
  if (jwt.issuer !== undefined) unsigned.setIssuer(jwt.issuer);
  if (jwt.audience !== undefined) unsigned.setAudience(jwt.audience);
  return unsigned.sign(Buffer.from(jwt.secret));
}

/** `realm_access.roles` is a path of names; a URL is one name, dots and all. */
function setClaim(payload: Record<string, unknown>, name: string, value: unknown): void {
  const steps = name.includes('/') ? [name] : name.split('.');
  let place = payload;
  for (const step of steps.slice(0, -1)) {
    const inner = place[step];
    const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
    place[step] = next;
    place = next;
  }
  place[steps.at(-1) ?? name] = value;
}

function list(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== '');
}

function lifetime(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < 1000) {
    throw new InvalidArgumentError('Give a duration of at least 1s, such as 15m or 1h.');
  }
  return milliseconds;
}
