import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema/config.ts';
import { needsRestart } from '../../src/runtime/needs-restart.ts';
import { storageSettings } from '../../src/runtime/storage-settings.ts';

const config = (more: object = {}) => configSchema.parse({ services: {}, ...more });

describe('what a configuration wants of storage', () => {
  it.each([
    [{}, undefined],
    [{ telemetry: { audit: true } }, undefined],
    [{ auth: { accounts: { enabled: true } } }, { url: '', dataDir: '/etc/portico/.portico' }],
    [
      { auth: { apiKeys: { enabled: true } }, storage: { dataDir: '../data' } },
      { url: '', dataDir: '/etc/data' },
    ],
    [
      { storage: { database: 'postgres://db/portico', dataDir: '/var/lib/portico' } },
      { url: 'postgres://db/portico', dataDir: '/var/lib/portico' },
    ],
  ])('%j asks for the database %j', (more, database) => {
    expect(storageSettings(config(more), '/etc/portico')).toEqual({ redis: '', database });
  });

  it.each([
    [{ storage: { redis: 'redis://localhost' } }, ['storage']],
    [{ storage: { dataDir: 'data' } }, ['storage']],
    [{ auth: { accounts: { enabled: true } } }, ['storage']],
    [{ limits: { default: { requests: 1, window: '1m' } } }, []],
  ])('to come to %j a gateway without any is restarted for %j', (more, keys) => {
    expect(needsRestart(config(), config(more))).toEqual(keys);
  });

  it('goes on where accounts are switched on beside keys', () => {
    const keys = { apiKeys: { enabled: true } };
    const both = { auth: { ...keys, accounts: { enabled: true } } };
    expect(needsRestart(config({ auth: keys }), config(both))).toEqual([]);
  });
});
