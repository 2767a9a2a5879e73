import type { Config } from '../../config/schema/config.ts';
import { answer } from '../../guard/answer.ts';
import type { Door } from '../../guard/inbound.ts';
import type { Accounts } from '../../identity/account/accounts.ts';
import { passwordFault, usernameFault } from '../../identity/account/credentials.ts';
import type { LoginResult, RefreshResult, TokenPair } from '../../identity/account/sessions.ts';
import { forbidden, tokenExpired, tokenInvalid } from '../../identity/rejection.ts';
import type { Audit, AuditEvent } from '../../kernel/audit-event.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import type { LoginAttempts } from './login-attempts.ts';
import { badFields, type FieldFault, readFields, textFields } from './read-fields.ts';

/** What nobody may choose for oneself. */
const NOT_CHOSEN = ['id', 'roles', 'scopes', 'scope'];

const JSON_HEADERS = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store'];

export interface DoorOptions {
  readonly accounts: Accounts;
  readonly config: Pick<Config, 'auth'>;
  readonly attempts: LoginAttempts;
  readonly audit: Audit;
}

/** The doors of `/auth/register`, `login`, `refresh` and `logout`. */
export function accountDoors(
  options: DoorOptions,
): Record<'register' | 'login' | 'refresh' | 'logout', Door> {
  return {
    register: registerDoor(options),
    login: loginDoor(options),
    refresh: refreshDoor(options),
    logout: logoutDoor(options),
  };
}

function registerDoor({ accounts, attempts, audit }: DoorOptions): Door {
  return async (inbound, scope) => {
    const { username, password, ...profile } = readRegistration(await readFields(inbound));
    await attempts.register(scope);
    const account = await accounts.create({ username, password, profile }, scope.signal);
    const event = { action: 'account.register', scope } as const;
    if (account === undefined) {
      audit({ ...event, outcome: 'failure', object: nameOf(username), reason: 'the name is taken' });
      throw usernameTaken();
    }
    audit({
      ...event,
      outcome: 'success',
      object: `account:${account.id}`,
      after: { username: account.username },
    });
    const body = { id: account.id, username: account.username };
    answer(inbound.response, 201, JSON_HEADERS, JSON.stringify(body));
  };
}

function loginDoor({ accounts, config, attempts, audit }: DoorOptions): Door {
  return async (inbound, scope) => {
    const { username, password } = textFields(await readFields(inbound), 'username', 'password');
    const work = () => accounts.login(username, password, config.auth.accounts, scope.signal);
    const result = await attempts.login(username, scope, work).catch((error: unknown) => {
      if (error instanceof GatewayError && error.code === 'RATE_LIMITED') {
        audit({
          action: 'account.login',
          outcome: 'denied',
          scope,
          object: nameOf(username),
          reason: error.code,
        });
      }
      throw error;
    });
    audit({ action: 'account.login', scope, ...told(result, nameOf(username)) });
    if (!result.ok) throw wrongCredentials();
    answer(inbound.response, 200, JSON_HEADERS, renderPair(result.tokens));
  };
}

function refreshDoor({ accounts, config, audit }: DoorOptions): Door {
  return async (inbound, scope) => {
    const { refresh_token } = textFields(await readFields(inbound), 'refresh_token');
    const result = await accounts.refresh(refresh_token, config.auth.accounts);
    const isReuse = !result.ok && result.reason === 'reused';
    // Made-up tokens name nobody, and would fill the audit.
    if (result.ok || result.accountId !== undefined) {
      audit({ action: isReuse ? 'account.reuse' : 'account.refresh', scope, ...told(result, '') });
    }
    if (!result.ok)
      throw result.reason === 'expired' ? tokenExpired() : tokenInvalid(`refresh: ${result.reason}`);
    answer(inbound.response, 200, JSON_HEADERS, renderPair(result.tokens));
  };
}

function logoutDoor({ accounts, audit }: DoorOptions): Door {
  return async (inbound, scope) => {
    const { principal } = scope;
    // Who came with another issuer's token, or a key, has no login here that could end.
    if (principal?.via !== 'account') throw forbidden();
    const fields = await readFields(inbound);
    const refreshToken =
      fields.refresh_token === undefined ? undefined : textFields(fields, 'refresh_token').refresh_token;
    await accounts.logout(principal, refreshToken);
    audit({ action: 'account.logout', outcome: 'success', scope, object: `account:${principal.id}` });
    answer(inbound.response, 204, ['Cache-Control', 'no-store'], '');
  };
}

/** Throws BAD_REQUEST that tells of everything wrong with it. */
function readRegistration(
  fields: JsonObject,
): Readonly<Record<string, Json>> & { readonly username: string; readonly password: string } {
  const { username, password } = textFields(fields, 'username', 'password');
  const chosen = NOT_CHOSEN.filter((name) => Object.hasOwn(fields, name));
  const faults = [
    ...credentialFaults(username, password),
    ...chosen.map((name) => ({ at: `/${name}`, message: 'can not be chosen' })),
  ];
  if (faults.length > 0) throw badFields(faults);
  return { ...fields, username, password };
}

/** A name and a password that an account may have. Throws BAD_REQUEST that tells of everything wrong with them. */
export function readCredentials(fields: JsonObject): {
  readonly username: string;
  readonly password: string;
} {
  const { username, password } = textFields(fields, 'username', 'password');
  const faults = credentialFaults(username, password);
  if (faults.length > 0) throw badFields(faults);
  return { username, password };
}

function credentialFaults(username: string, password: string): readonly FieldFault[] {
  return [
    { at: '/username', message: usernameFault(username) },
    { at: '/password', message: passwordFault(password, username) },
  ].filter((fault): fault is FieldFault => fault.message !== undefined);
}

/** The name is somebody's already. It can't be kept from who is to choose another one. */
export function usernameTaken(): GatewayError {
  return new GatewayError('BAD_USER_INPUT', 'The username is taken', { status: 409 });
}

/** The same for a wrong password, an unknown name and an account that may not be used. */
function wrongCredentials(): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'Invalid username or password');
}

function told(
  result: LoginResult | RefreshResult,
  object: string,
): Pick<AuditEvent, 'outcome' | 'object' | 'reason' | 'actor'> {
  if (result.ok) {
    const { id } = result.account;
    return { outcome: 'success', actor: { via: 'account', id }, object: `account:${id}` };
  }
  const { accountId, reason } = result;
  return { outcome: 'failure', object: accountId === undefined ? object : `account:${accountId}`, reason };
}

/** Only what can be a name: some type their password in its place. */
function nameOf(username: string): string {
  return usernameFault(username) === undefined ? `username:${username}` : 'username:';
}

function renderPair({ accessToken, refreshToken, expiresIn }: TokenPair): string {
  return JSON.stringify({
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
  });
}
