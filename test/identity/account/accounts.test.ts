import { hash } from '@node-rs/argon2';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Accounts, createAccounts } from '../../../src/identity/account/accounts.ts';
import type { HashingPlace } from '../../../src/identity/account/passwords.ts';
import type { Database } from '../../../src/storage/database.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { PASSWORD } from '../../support/account-client.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type MemoryLog, memoryLogger } from '../../support/memory-logger.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const LIFETIMES = { accessTokenTtl: 1_800_000, refreshTokenTtl: 30 * 86_400_000 };

let folder: TemporaryFolder;
let storage: Storage;
let database: Database;
let clock: FakeClock;
let log: MemoryLog;
/** How many passwords have been hashed or compared. */
let hashed: number;
/** What the next one waits for. */
let gate: Promise<void> | undefined;

beforeEach(async () => {
  folder = await temporaryFolder();
  clock = new FakeClock();
  log = memoryLogger();
  storage = await openStorage(
    { redis: '', database: { url: '', dataDir: folder.path } },
    { clock, logger: log.logger },
  );
  database = storage.database as Database;
  hashed = 0;
  gate = undefined;
});
afterEach(async () => {
  await storage.close();
  await folder.remove();
});

const place: HashingPlace = async (work) => {
  hashed++;
  await gate;
  return work();
};

/** As one process has them. */
function accountsOf(on: Database = database): Accounts {
  return createAccounts({ database: on, redis: undefined, place, clock, logger: log.logger });
}

/** The same database, but for when the test takes it away. */
function fragile(): { database: Database; isAway: boolean } {
  const made = { isAway: false, database };
  const db = new Proxy(database.db, {
    get(target, name) {
      if (made.isAway) throw new Error('away');
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  made.database = { ...database, db };
  return made;
}

async function signIn(accounts: Accounts, username = 'mei') {
  const result = await accounts.login(username, PASSWORD, LIFETIMES);
  if (!result.ok) throw new Error(`no login: ${result.reason}`);
  const principal = accounts.tokens.toPrincipal(decodeJwt(result.tokens.accessToken));
  if (principal === undefined) throw new Error('no principal');
  return { ...result.tokens, principal };
}

describe('a login', () => {
  it('compares one password, whether there is such an account or not', async () => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD });
    const cost = async (username: string, password: string) => {
      const before = hashed;
      const { ok } = await accounts.login(username, password, LIFETIMES);
      return [ok, hashed - before];
    };

    // The first one has something made that all others need, whoever that is.
    expect(await cost('nobody', PASSWORD)).toEqual([false, 2]);
    expect(await cost('nobody', PASSWORD)).toEqual([false, 1]);
    expect(await cost('mei', 'wrong')).toEqual([false, 1]);
    expect(await cost('mei', PASSWORD)).toEqual([true, 1]);
    const fresh = accountsOf();
    const before = hashed;
    await fresh.login('mei', 'wrong', LIFETIMES);
    expect(hashed - before).toBe(2);
  });

  it('renews a hash that was made at another cost', async () => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD });
    const cheap = await hash(PASSWORD, { memoryCost: 1024, timeCost: 1 });
    await database.db.updateTable('portico_account').set({ password_hash: cheap }).execute();
    const read = async () =>
      (await database.db.selectFrom('portico_account').select('password_hash').executeTakeFirstOrThrow())
        .password_hash;

    await accounts.login('mei', 'wrong', LIFETIMES);
    expect(await read()).toBe(cheap);
    await signIn(accounts);
    const renewed = await read();
    await signIn(accounts);

    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await read()).toBe(renewed);
  });

  it.each([
    ['gets another password', { password: 'a better one' }],
    ['is disabled', { disabled: true }],
    ['gets other roles', { roles: ['reader'] }],
  ])('that is under way while the account %s is refused', async (_name, change) => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD, roles: ['admin'] });
    await signIn(accounts);
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const before = hashed;
    const slow = accounts.login('mei', PASSWORD, LIFETIMES);
    await expect.poll(() => hashed).toBe(before + 1);
    const held = gate;
    gate = undefined;

    const account = await accounts.find('mei');
    if (account === undefined) throw new Error('no account');
    await accounts.change(account, change);
    open();
    await held;

    expect(await slow).toMatchObject({ ok: false });
    const rows = await database.db
      .selectFrom('portico_refresh_family')
      .selectAll()
      .where('ended_at', 'is', null)
      .execute();
    expect(rows).toEqual([]);
  });

  it('leaves nothing in the database by which it could be used', async () => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD });
    const { accessToken, refreshToken } = await signIn(accounts);

    const rows = await Promise.all([
      database.db.selectFrom('portico_account').selectAll().execute(),
      database.db.selectFrom('portico_refresh_family').selectAll().execute(),
    ]);

    const text = JSON.stringify(rows);
    const [, secret, proof] = refreshToken.split('.');
    for (const part of [PASSWORD, accessToken, secret, proof]) expect(text).not.toContain(part);
  });

  it('is cleared away when none of its tokens could be of use any more', async () => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD });
    await signIn(accounts);
    const { principal } = await signIn(accounts);
    await accounts.logout(principal, undefined);
    const count = async () =>
      (await database.db.selectFrom('portico_refresh_family').selectAll().execute()).length;

    clock.advance(1_000_000);
    await signIn(accounts);
    // The one that was logged out is still there: its access token has not ended.
    expect(await count()).toBe(3);
    clock.advance(2_000_000);
    await signIn(accounts);
    await expect.poll(count).toBe(3);
    clock.advance(LIFETIMES.refreshTokenTtl + 1);
    await signIn(accounts);
    await expect.poll(count).toBe(1);
  });
});

describe('a logout elsewhere', () => {
  it('is known here a second later, and asked for no more often', async () => {
    const [here, there] = [accountsOf(), accountsOf()];
    await here.create({ username: 'mei', password: PASSWORD });
    const one = await signIn(here);
    const two = await signIn(here);
    expect(await here.tokens.hasEnded(one.principal)).toBe(false);

    await there.logout(one.principal, undefined);

    expect(await there.tokens.hasEnded(one.principal)).toBe(true);
    clock.advance(999);
    expect(here.tokens.hasEnded(one.principal)).toBe(false);
    clock.advance(1);
    expect(await here.tokens.hasEnded(one.principal)).toBe(true);
    expect(await here.tokens.hasEnded(two.principal)).toBe(false);
    // What is known needs nobody to be asked.
    expect(here.tokens.hasEnded(one.principal)).toBe(true);
  });

  it('is known to a process that has just started', async () => {
    const there = accountsOf();
    await there.create({ username: 'mei', password: PASSWORD });
    const { principal } = await signIn(there);
    await there.logout(principal, undefined);

    expect(await accountsOf().tokens.hasEnded(principal)).toBe(true);
  });

  it('stays unknown while the database is away, and those that are known stay so', async () => {
    const away = fragile();
    const [here, there] = [accountsOf(away.database), accountsOf()];
    await there.create({ username: 'mei', password: PASSWORD });
    const known = await signIn(there);
    const news = await signIn(there);
    await there.logout(known.principal, undefined);
    expect(await here.tokens.hasEnded(known.principal)).toBe(true);
    await there.logout(news.principal, undefined);
    const told = () => log.lines.filter(({ msg }) => String(msg).startsWith('logins ended elsewhere are'));

    away.isAway = true;
    for (let i = 0; i < 5; i++) {
      clock.advance(1000);
      expect(await here.tokens.hasEnded(news.principal)).toBe(false);
      expect(await here.tokens.hasEnded(known.principal)).toBe(true);
    }
    expect(told()).toHaveLength(1);
    away.isAway = false;
    clock.advance(1000);

    expect(await here.tokens.hasEnded(news.principal)).toBe(true);
    expect(told()).toHaveLength(2);
  });

  it('is forgotten when its tokens have ended by themselves', async () => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD });
    const { principal } = await signIn(accounts);
    const other = await signIn(accounts);
    await accounts.logout(principal, undefined);

    clock.advance(LIFETIMES.accessTokenTtl + 60_000);
    await accounts.tokens.hasEnded(other.principal);

    // Nobody asks any more: the token itself says that it is over.
    expect(await accounts.tokens.hasEnded(principal)).toBe(false);
  });
});

describe('the keys that sign', () => {
  const verifies = async ({ keys }: Accounts, kid: string) => {
    try {
      await keys.verifying({ alg: 'ES256', kid }, { payload: '', signature: '' });
      return true;
    } catch (error) {
      return (error as Error).name;
    }
  };

  it('are found by other processes when the first token of a new one comes', async () => {
    const [here, there] = [accountsOf(), accountsOf()];
    const first = await here.keys.current();
    expect(await verifies(there, first.kid)).toBe(true);

    clock.advance(1000);
    const second = await here.keys.rotate(1000);

    expect(await verifies(there, second.kid)).toBe(true);
    expect(await verifies(there, first.kid)).toBe(true);
    expect((await there.keys.current()).kid).toBe(second.kid);
    expect((await there.keys.jwks()).keys.map(({ kid }) => kid)).toEqual([second.kid, first.kid]);
  });

  it('verify until their last token has ended, or no more at once after a leak', async () => {
    const accounts = accountsOf();
    await accounts.create({ username: 'mei', password: PASSWORD });
    const { accessToken } = await signIn(accounts);
    const kid = decodeProtectedHeader(accessToken).kid ?? '';

    await accounts.keys.rotate(1000);
    clock.advance(1000);
    expect(await verifies(accounts, kid)).toBe(true);
    clock.advance(60_000);
    expect(await verifies(accounts, kid)).toBe('JWKSNoMatchingKey');
    expect((await accounts.keys.list()).map((key) => key.kid)).not.toContain(kid);

    const { kid: second } = await accounts.keys.current();
    await accounts.keys.rotate(0);
    expect(await verifies(accounts, second)).toBe('JWKSNoMatchingKey');
    expect((await accounts.keys.jwks()).keys).toHaveLength(1);
  });

  it('end elsewhere ten seconds after a leak was told of', async () => {
    const [here, there] = [accountsOf(), accountsOf()];
    const { kid } = await here.keys.current();
    expect(await verifies(there, kid)).toBe(true);

    await here.keys.rotate(0);
    clock.advance(10_000);

    expect(await verifies(there, kid)).toBe('JWKSNoMatchingKey');
  });

  it('are looked for once a second at most by tokens with keys that nobody has', async () => {
    const away = fragile();
    const accounts = accountsOf(away.database);
    const { kid } = await accounts.keys.current();
    expect(await verifies(accounts, 'made-up')).toBe('JWKSNoMatchingKey');

    away.isAway = true;
    for (let i = 0; i < 50; i++) await verifies(accounts, `made-up-${i}`);
    expect(log.lines.filter(({ msg }) => String(msg).startsWith('signing keys'))).toHaveLength(0);
    clock.advance(20_000);

    // Known ones serve on.
    expect(await verifies(accounts, kid)).toBe(true);
    expect(await verifies(accounts, 'made-up')).toBe('JWKSNoMatchingKey');
  });

  it('are not there before the database has been', async () => {
    const away = fragile();
    const accounts = accountsOf(away.database);
    away.isAway = true;
    expect(await verifies(accounts, 'any')).toBe('KeySetUnavailable');
  });
});
