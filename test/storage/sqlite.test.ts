import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/storage/database.ts';
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: Database[];
beforeEach(async () => {
  folder = await temporaryFolder();
  opened = [];
});
afterEach(async () => {
  for (const database of opened) await database.close();
  await folder.remove();
});

async function open(name = 'data'): Promise<Database & { readonly file: string }> {
  const database = await openSqlite(path.join(folder.path, name), {
    clock: systemClock,
    logger: memoryLogger().logger,
  });
  opened.push(database);
  return database;
}

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('the embedded database', () => {
  it('is made with its folder, for its owner alone', async () => {
    const { file, db } = await open('a/b');
    await sql`create table thing (id text)`.execute(db);
    expect(await modeOf(path.dirname(file))).toBe('700');
    expect(await modeOf(file)).toBe('600');
    expect(await modeOf(`${file}-wal`)).toBe('600');
    expect(await modeOf(`${file}-shm`)).toBe('600');
  });

  it('takes from others what they could read before', async () => {
    const first = await open();
    await first.close();
    await chmod(first.file, 0o644);
    expect(await modeOf((await open()).file)).toBe('600');
  });

  it('keeps what was written when it was closed', async () => {
    const first = await open();
    await sql`create table thing (id text)`.execute(first.db);
    await sql`insert into thing values ('a')`.execute(first.db);
    await first.close();
    const { db } = await open();
    expect((await sql`select id from thing`.execute(db)).rows).toEqual([{ id: 'a' }]);
  });

  it('says which file is none', async () => {
    await mkdir(path.join(folder.path, 'data'));
    const file = path.join(folder.path, 'data/portico.db');
    await writeFile(file, 'not a database at all '.repeat(100));
    await expect(open()).rejects.toThrow(`${file}: cannot open the database (file is not a database)`);
  });

  it('says where no folder can be made', async () => {
    await folder.write('data', 'a file');
    await expect(open('data/inside')).rejects.toThrow(
      /data\/inside\/portico\.db: cannot open the database \(ENOTDIR/,
    );
  });

  it('is unavailable while somebody else keeps the lock, and available after that', async () => {
    const { file, db } = await open();
    await sql`create table thing (id text)`.execute(db);
    const other = new Libsql(file);
    other.exec('begin immediate');
    expect((await sql`select id from thing`.execute(db)).rows).toEqual([]);
    const write = sql`insert into thing values ('a')`.execute(db);
    await expect(write).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', status: 503 });
    other.exec('rollback');
    await sql`insert into thing values ('b')`.execute(db);
    // That it has been committed is seen by somebody else.
    expect(other.prepare('select id from thing').all()).toEqual([{ id: 'b' }]);
    other.close();
  });
});
