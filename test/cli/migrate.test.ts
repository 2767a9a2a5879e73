import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { migrateDatabase } from '../../src/storage/migrate-database.ts';
import { migrations } from '../../src/storage/migrations.ts';
import type { DatabaseSettings } from '../../src/storage/open-storage.ts';
import { runHere } from '../support/command-line.ts';
import { type DatabaseKind, type DatabaseServer, databaseKinds } from '../support/database-kinds.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { runPortico } from '../support/portico-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const options = { clock: systemClock, logger: memoryLogger().logger };
const applied = migrations.map(({ name }) => `applied ${name}`);
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function configure({ url, dataDir }: DatabaseSettings): Promise<string> {
  return folder.write(
    'gateway.yaml',
    `storage: { database: "${url}", dataDir: "${dataDir}" }
auth: { apiKeys: { enabled: true } }
services: {}
routes: [{ path: /, auth: none, respond: {} }]
`,
  );
}

const migrate = () => runHere(['migrate'], folder.path);

/** As it is shown: the file, or host, port and name. */
function shown(kind: DatabaseKind['kind'], { url, dataDir }: DatabaseSettings): string {
  return kind === 'sqlite' ? path.join(dataDir, 'portico.db') : url.replace(/^.*@/, '');
}

describe.each(databaseKinds('portico migrate on PostgreSQL'))('portico migrate ($kind)', (kind) => {
  let server: DatabaseServer;
  let settings: DatabaseSettings;
  beforeAll(async () => {
    if (!kind.missing) server = await kind.start();
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    if (kind.missing) return;
    settings = await server.make();
    await configure(settings);
  });

  it.skipIf(kind.missing)('prints what it applied, and then that all is up to date', async () => {
    const name = shown(kind.kind, settings);
    const first = await migrate();
    expect(lines(first.stdout)).toEqual([...applied, `${name} has the newest schema now`]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const second = await migrate();
    expect(second).toMatchObject({ code: 0, stderr: '', stdout: `${name} is up to date\n` });
  });

  it.skipIf(kind.missing)('does it once where several processes begin at the same time', async () => {
    const all = await Promise.all(
      Array.from({ length: 3 }, () => runPortico(['migrate'], { cwd: folder.path })),
    );
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      all.map(() => ({ code: 0, stderr: '' })),
    );
    const working = all.filter(({ stdout }) => stdout.includes('applied'));
    expect(working).toHaveLength(1);
  });

  it.skipIf(kind.missing)('refuses a database of a newer version', async () => {
    const future = { name: '9999-future', up: async () => {} };
    await migrateDatabase(settings, { ...options, migrations: [...migrations, future] });
    const { code, stdout, stderr } = await migrate();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(lines(stderr)).toEqual([
      expect.stringMatching(/the database was made by a newer version of Portico \(it has 9999-future\)/),
    ]);
  });

  it.skipIf(kind.missing)('says what is wrong in one line, without the password', async () => {
    const broken =
      kind.kind === 'sqlite'
        ? { url: '', dataDir: path.join(await folder.write('file', ''), 'inside') }
        : { url: settings.url.replace(/:[^:@/]+@/, ':s3cret-guess@'), dataDir: '' };
    await configure(broken);
    const { code, stdout, stderr } = await migrate();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(lines(stderr)).toEqual([
      expect.stringMatching(/^cannot migrate the database: .*(ENOTDIR|password)/),
    ]);
    expect(stderr).not.toContain('s3cret');
  });
});

describe('portico migrate', () => {
  it('says so where nobody answers', async () => {
    await configure({ url: 'postgres://ada:s3cret-word@127.0.0.1:1/portico', dataDir: '' });
    const { code, stderr } = await migrate();
    expect(code).toBe(1);
    expect(lines(stderr)).toEqual(['cannot migrate the database: connect ECONNREFUSED 127.0.0.1:1']);
  });

  it('has nothing to do without a database', async () => {
    await folder.write('gateway.yaml', 'services: {}\nroutes: [{ path: /, respond: {} }]\n');
    const answer = await migrate();
    expect(answer).toEqual({
      code: 0,
      stdout: 'nothing in this configuration needs a database\n',
      stderr: '',
    });
  });

  it('shows an example with --help', async () => {
    const { code, stdout } = await runHere(['migrate', '--help'], folder.path);
    expect(code).toBe(0);
    expect(stdout).toContain('$ portico migrate');
  });

  it('tells of faults in the configuration with their positions', async () => {
    await folder.write('gateway.yaml', 'storage: { database: "mysql://ada:s3cret@db/x" }\nservices: {}\n');
    const { code, stderr } = await migrate();
    expect(code).toBe(1);
    expect(stderr).toContain('gateway.yaml:1:22: storage.database: the database is PostgreSQL');
    expect(stderr).not.toContain('s3cret');
  });
});

describe('portico start', () => {
  it('refuses an embedded database of a newer version in one line', async () => {
    const settings = { url: '', dataDir: path.join(folder.path, 'data') };
    const future = { name: '9999-future', up: async () => {} };
    await migrateDatabase(settings, { ...options, migrations: [...migrations, future] });
    await configure(settings);
    const { code, stderr } = await runPortico(['start'], { cwd: folder.path });
    expect(code).toBe(1);
    expect(lines(stderr)).toEqual([
      `${settings.dataDir}/portico.db: the database was made by a newer version of Portico (it has 9999-future); run that version, or another database`,
    ]);
  });
});
