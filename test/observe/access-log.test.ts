import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessRecord, createAccessLog } from '../../src/observe/access-log.ts';
import { timeOfLine } from '../../src/observe/line-time.ts';
import { createLogger, type Logger, type LogOptions, rawLines } from '../../src/observe/logger.ts';

const RECORD: AccessRecord = {
  method: 'GET',
  path: '/users/1',
  route: '/users/{id}',
  status: 200,
  duration: 0.001_234_567,
  user: 'alice',
  ip: '203.0.113.9',
  requestId: 'mine:1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  aborted: false,
};

/** The lines of a log with these options that `use` writes to, without their times. */
async function written(use: (logger: Logger) => void, options: Partial<LogOptions> = {}): Promise<string[]> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'portico-access-')), 'gateway.log');
  const log = createLogger({ level: 'info', pretty: false, rotate: 'never', redact: [], ...options, file });
  use(log.logger);
  await log.close();
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => line.replace(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"time"'));
}

/** A child makes its lines by the logger's general way, which knows nothing of access lines. */
const general = (logger: Logger) => createAccessLog(logger.child({}));

async function writtenBothWays(records: readonly AccessRecord[], options: Partial<LogOptions> = {}) {
  const lines = await written((logger) => {
    for (const record of records) {
      createAccessLog(logger)(record);
      general(logger)(record);
    }
  }, options);
  expect(lines).toHaveLength(2 * records.length);
  return { short: lines.filter((_, i) => i % 2 === 0), general: lines.filter((_, i) => i % 2 === 1) };
}

describe('an access line', () => {
  it('has these fields in this order', async () => {
    const [line, early] = await written((logger) => {
      createAccessLog(logger)(RECORD);
      createAccessLog(logger)({ ...RECORD, route: undefined, user: undefined, status: 499, aborted: true });
    });
    expect(line).toBe(
      '{"level":"info","time","method":"GET","path":"/users/1","route":"/users/{id}","status":200,"duration":0.001235,"user":"alice","ip":"203.0.113.9","requestId":"mine:1","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","msg":"request"}',
    );
    expect(early).toBe(
      '{"level":"info","time","method":"GET","path":"/users/1","status":499,"duration":0.001235,"user":null,"ip":"203.0.113.9","requestId":"mine:1","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","aborted":true,"msg":"request"}',
    );
  });

  it('is to the letter what the logger itself would write, whatever is in it', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 });
    const record = fc.record({
      method: fc.constantFrom('GET', 'POST', 'M-SEARCH', ''),
      path: text,
      route: fc.option(text, { nil: undefined }),
      status: fc.integer({ min: 100, max: 599 }),
      duration: fc.double({ min: 0, max: 1e6, noNaN: true }),
      user: fc.option(text, { nil: undefined }),
      ip: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')),
      requestId: text,
      traceId: text,
      aborted: fc.boolean(),
    });
    const awkward = ['"', '\\', '\u0000', '\u001f', '\u007f', '\n', 'é', '\u2028', '😀', '</script>'];
    const records = [...fc.sample(record, 300), ...awkward.map((path) => ({ ...RECORD, path, user: path }))];
    const lines = await writtenBothWays(records);
    expect(lines.short).toEqual(lines.general);
  });

  it.each<[redact: string[]]>([
    [['authorization', 'cookie']],
    [['ip']],
    [['user', 'path']],
    [['msg']],
    [['body.password', 'authorization']],
    [['ip.v4']],
    [['*.ip']],
    [['["ip"]']],
    [['*']],
  ])('hides what the logger hides: %j', async (redact) => {
    const lines = await writtenBothWays([RECORD, { ...RECORD, user: undefined, aborted: true }], { redact });
    expect(lines.short).toEqual(lines.general);
  });

  it('is not written above its level, also if that changes', async () => {
    const lines = await written(
      (logger) => {
        const log = createAccessLog(logger);
        log({ ...RECORD, path: '/not this' });
        logger.level = 'info';
        log({ ...RECORD, path: '/this' });
      },
      { level: 'warn' },
    );
    expect(lines).toEqual([expect.stringContaining('"/this"')]);
  });

  it('keeps its place among other lines', async () => {
    const lines = await written((logger) => {
      logger.warn('before');
      createAccessLog(logger)(RECORD);
      logger.warn('after');
    });
    expect(lines.map((line) => JSON.parse(line.replace('"time"', '"time":0')).msg)).toEqual([
      'before',
      'request',
      'after',
    ]);
  });

  it("is made by a program's own logger in that logger's way", () => {
    expect(rawLines(createLoggerOfOthers())).toBeUndefined();
  });
});

function createLoggerOfOthers(): Logger {
  const { logger } = createLogger({ level: 'silent', pretty: false, rotate: 'never', redact: [], file: '' });
  return logger.child({ service: 'theirs' });
}

describe('timeOfLine', () => {
  it('is the ISO 8601 time of every millisecond', () => {
    const start = Date.UTC(2026, 11, 31, 23, 59, 58, 0);
    for (const wall of [start, start, start + 1, start + 999, start + 1000, start + 2000, start - 1, 0]) {
      expect(timeOfLine(wall)).toBe(`,"time":"${new Date(wall).toISOString()}"`);
    }
  });
});
