import { once } from 'node:events';
import { mkdtempSync, openSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { gatherLines } from '../../src/observe/gather-lines.ts';
import { openLogFile } from '../../src/observe/log-file.ts';
import { createLogger, type LogOptions } from '../../src/observe/logger.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 21, 12);

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'portico-log-'));
}

/** What a logger with these options writes. */
async function written(
  options: Partial<LogOptions>,
  use: (logger: ReturnType<typeof createLogger>['logger']) => void,
) {
  const file = path.join(folder(), 'deep', 'gateway.log');
  const log = createLogger({ level: 'info', pretty: false, rotate: 'never', redact: [], ...options, file });
  use(log.logger);
  await log.close();
  const text = readFileSync(file, 'utf8');
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('writes lines of JSON with a time that people can read, from the level asked for', async () => {
    const lines = await written({ level: 'warn' }, (logger) => {
      logger.info('not this');
      logger.warn({ service: 'users' }, 'this');
    });
    expect(lines).toEqual([
      { level: 'warn', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), service: 'users', msg: 'this' },
    ]);
  });

  it('never writes what is to be hidden, however deep', async () => {
    const lines = await written({ redact: ['authorization', 'x-api-key', 'body.password'] }, (logger) => {
      logger.info({
        authorization: 'hush',
        headers: { authorization: 'hush', 'x-api-key': 'hush', accept: 'shown' },
        request: { headers: { authorization: 'hush' } },
        body: { password: 'hush', user: 'shown' },
      });
    });
    expect(JSON.stringify(lines)).not.toContain('hush');
    expect(lines).toMatchObject([{ headers: { accept: 'shown' }, body: { user: 'shown' } }]);
  });
});

describe('createLogger with names to hide', () => {
  const redact = ['authorization', 'ip'];

  it.each<[name: string, redact: string[]]>([
    ['names alone', redact],
    ['a path beside them', [...redact, 'body.password']],
  ])('hides them in flat lines, in deep ones, and below a child: %s', async (_name, names) => {
    const lines = await written({ redact: names }, (logger) => {
      logger.info({ ip: 'hush', path: '/shown' }, 'request');
      logger.info({ err: Object.assign(new Error('shown'), { authorization: 'hush' }) }, 'failed');
      logger.info(Object.assign(new Error('shown'), { ip: 'hush' }));
      logger.info('words alone');
      logger.child({ authorization: 'hush' }).info({ ip: 'hush', deep: { ip: 'hush' } }, 'child');
    });
    expect(JSON.stringify(lines)).not.toContain('hush');
    expect(lines).toMatchObject([
      { ip: '[redacted]', path: '/shown', msg: 'request' },
      { err: { message: 'shown' } },
      { err: { message: 'shown' } },
      { msg: 'words alone' },
      { deep: {}, msg: 'child' },
    ]);
  });
});

describe('openLogFile', () => {
  function rotating(rotation: 'daily' | 'hourly' | 'never') {
    const dir = folder();
    const time = { now: NOON };
    const file = openLogFile(path.join(dir, 'gateway.log'), rotation, () => time.now);
    const contents = async () => {
      await file.close();
      return Object.fromEntries(
        readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name), 'utf8')]),
      );
    };
    return { file, time, contents };
  }

  it('begins anew each day, and keeps what was', async () => {
    const { file, time, contents } = rotating('daily');
    file.write('one\n');
    time.now += DAY / 2 - 1;
    file.write('two\n');
    time.now += 1;
    file.write('three\n');
    time.now += 3 * DAY;
    file.write('four\n');
    expect(await contents()).toEqual({
      'gateway.2026-11-21.log': 'one\ntwo\n',
      'gateway.2026-11-22.log': 'three\n',
      'gateway.log': 'four\n',
    });
  });

  it('or each hour', async () => {
    const { file, time, contents } = rotating('hourly');
    file.write('one\n');
    time.now += DAY / 24;
    file.write('two\n');
    expect(await contents()).toEqual({ 'gateway.2026-11-21T12.log': 'one\n', 'gateway.log': 'two\n' });
  });

  it('or never', async () => {
    const { file, time, contents } = rotating('never');
    file.write('one\n');
    time.now += DAY;
    file.write('two\n');
    expect(await contents()).toEqual({ 'gateway.log': 'one\ntwo\n' });
  });

  it('writes every line soon, in order, while it stays open', async () => {
    const file = path.join(folder(), 'gateway.log');
    const log = openLogFile(file, 'daily');
    const sent: string[] = [];
    for (let turn = 0; turn < 50; turn++) {
      for (let n = 0; n <= turn % 7; n++) {
        // Some turns bring more than is held back, and some letters more than one byte.
        const line = `${turn}.${n} ${'é'.repeat(turn % 10 === 0 ? 3000 : 10)}\n`;
        sent.push(line);
        log.write(line);
      }
      if (turn % 3 !== 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe(sent.join('')));
    // The last one comes while a long write is under way, and nothing comes after it.
    const long = `${'x'.repeat(8_000_000)}\n`;
    log.write(long);
    await new Promise((resolve) => setImmediate(resolve));
    log.write('last\n');
    await new Promise((resolve) => setImmediate(resolve));
    const all = `${sent.join('')}${long}last\n`;
    await vi.waitFor(() => expect(readFileSync(file, 'utf8') === all).toBe(true));
    await log.close();
  });

  it('takes no more lines once it is closed, and does not fail over them', async () => {
    const { file, contents } = rotating('daily');
    file.write('one\n');
    const closed = contents();
    file.write('two\n');
    expect(await closed).toEqual({ 'gateway.log': 'one\n' });
    file.write('three\n');
  });

  it('puts aside what an earlier process left, but never over what is there', async () => {
    const dir = folder();
    const name = path.join(dir, 'gateway.log');
    writeFileSync(name, 'yesterday\n');
    utimesSync(name, new Date(NOON - DAY), new Date(NOON - DAY));
    writeFileSync(path.join(dir, 'gateway.2026-11-20.log'), 'already\n');
    const file = openLogFile(name, 'daily', () => NOON);
    pino({}, file).info('today');
    await file.close();
    expect(readFileSync(path.join(dir, 'gateway.2026-11-20.log'), 'utf8')).toBe('already\n');
    expect(readFileSync(path.join(dir, 'gateway.2026-11-20.1.log'), 'utf8')).toBe('yesterday\n');
    expect(readFileSync(name, 'utf8')).toContain('today');
  });
});

describe('gatherLines', () => {
  it('hands over what it holds when the destination is flushed at once, as at the end of a process', () => {
    const file = path.join(folder(), 'gateway.log');
    const stream = gatherLines(openSync(file, 'a'));
    stream.write('one\n');
    stream.write('two\n');
    expect(readFileSync(file, 'utf8')).toBe('');
    stream.flushSync();
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    stream.end();
  });

  it('writes by itself what has become much', async () => {
    const file = path.join(folder(), 'gateway.log');
    const stream = gatherLines(openSync(file, 'a'));
    const line = `${'x'.repeat(99)}\n`;
    for (let n = 0; n < 200; n += 1) stream.write(line);
    await once(stream, 'drain');
    expect(readFileSync(file, 'utf8').length).toBeGreaterThan(10_000);
    stream.end();
    await once(stream, 'close');
    expect(readFileSync(file, 'utf8')).toBe(line.repeat(200));
  });
});
