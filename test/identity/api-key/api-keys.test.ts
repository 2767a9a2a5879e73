import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type ApiKeys,
  createApiKeys,
  type KeyRequest,
  MOST_KEYS,
} from '../../../src/identity/api-key/api-keys.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 86_400_000;
const logger = { info() {}, warn() {}, error() {} };
const REQUEST: KeyRequest = {
  name: 'a key',
  owner: 'ann',
  ownerName: undefined,
  madeVia: 'jwt',
  roles: [],
  scopes: [],
  limit: undefined,
  expiresAt: undefined,
};

let folder: TemporaryFolder;
let storage: Storage;
let clock: FakeClock;
let keys: ApiKeys;
beforeEach(async () => {
  folder = await temporaryFolder();
  clock = new FakeClock();
  storage = await openStorage({ redis: '', database: { url: '', dataDir: folder.path } }, { clock, logger });
  if (storage.database === undefined) throw new Error('there is no database');
  keys = createApiKeys(storage.database, clock);
});
afterEach(async () => {
  await keys.close();
  await storage.close();
  await folder.remove();
});

it('shows what has ended for thirty days, and makes room then', async () => {
  for (let i = 0; i < MOST_KEYS - 2; i++) await keys.create(REQUEST);
  const { key: revoked } = await keys.create(REQUEST);
  await keys.revoke(revoked.id);
  const { key: expired } = await keys.create({ ...REQUEST, expiresAt: clock.wall() + DAY });
  await expect(keys.create(REQUEST)).rejects.toThrow();
  await keys.create({ ...REQUEST, owner: 'bob' });
  const ids = async () => (await keys.list('ann')).map(({ id }) => id);
  clock.advance(30 * DAY);
  await expect(keys.create(REQUEST)).rejects.toThrow();
  expect(await ids()).toEqual(expect.arrayContaining([revoked.id, expired.id]));
  clock.advance(1);
  await keys.create(REQUEST);
  expect(await ids()).not.toContain(revoked.id);
  expect(await ids()).toContain(expired.id);
  clock.advance(DAY);
  await keys.create(REQUEST);
  expect(await ids()).not.toContain(expired.id);
  expect((await keys.list()).length).toBe(MOST_KEYS + 1);
});

it('keeps what a key may, and nothing of its text', async () => {
  const asked: KeyRequest = {
    ...REQUEST,
    name: 'Ключ, "quoted" \\ 🔑',
    ownerName: "Ann O'Neill",
    roles: ['a,b', 'c d', '[]'],
    scopes: ["x'; drop table portico_api_key; --"],
    limit: { requests: 5, windowMs: 1500 },
    expiresAt: clock.wall() + DAY,
  };
  const { key, text } = await keys.create(asked);
  expect(await keys.list('ann')).toEqual([key]);
  expect(key).toMatchObject(asked);
  expect(await keys.verify(text)).toMatchObject({
    roles: asked.roles,
    scopes: asked.scopes,
    limit: asked.limit,
  });
  expect(
    JSON.stringify(await storage.database?.db.selectFrom('portico_api_key').selectAll().execute()),
  ).not.toContain(text.split('_')[2]);
});
