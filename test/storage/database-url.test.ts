import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { databaseUrlFault, describeDatabaseUrl } from '../../src/storage/database-url.ts';

describe('a database URL', () => {
  it.each([
    'postgres://localhost/portico',
    'postgresql://ada:p%40ss@db.internal:5455/gateway?sslmode=verify-full',
    'postgres://ada@/portico?host=/var/run/postgresql',
    'postgres://[::1]:5432/portico',
  ])('%s is one', (url) => {
    expect(databaseUrlFault(url)).toBeUndefined();
  });

  it.each([
    ['postgresql+asyncpg://ada:pw@db:5432/portico', /without the name of a driver/],
    ['mysql://ada:pw@db/portico', /PostgreSQL .* mysql is not known/],
    ['sqlite:///portico.db', /embedded .* sqlite is not known/],
    ['file:portico.db', /file is not known/],
    ['localhost:5432/portico', /^expected postgres:/],
    ['redis://localhost', /^expected postgres:/],
    ['postgres://ada:p/w@db/portico', /write @ as %40/],
    ['postgres://ada:p#w@db/portico', /write @ as %40/],
    ['postgres://ada:p%w@db/portico', /begins no character/],
    ['postgres://db:99999/portico', /no URL that can be read/],
  ])('%s is none', (url, message) => {
    expect(databaseUrlFault(url)).toMatch(message);
  });

  it('is never shown with what may be secret', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const fault = databaseUrlFault(`${before}s3cret${after}`) ?? '';
        expect(fault).not.toContain('s3cret');
      }),
    );
    expect(describeDatabaseUrl('postgres://ada:s3cret@db:5432/portico?password=s3cret')).toBe(
      'db:5432/portico',
    );
  });
});
