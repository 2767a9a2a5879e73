import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { formatProblem } from '../../src/kernel/problem.ts';

const FOLDER = path.join(import.meta.dirname, 'broken');
const MARK = '#! ';

/** Each file ends with the messages it must get: `#! line:column: message`, all of them and no other. */
it.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))(
  'names each fault of %s',
  async (name) => {
    const file = path.join(FOLDER, name);
    const expected = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(MARK))
      .map((line) => `${file}:${line.slice(MARK.length)}`);
    expect(expected.length).toBeGreaterThan(0);

    const { loaded, problems } = await loadConfig(file, { env: { WORD: 'four' } });

    expect(loaded).toBeUndefined();
    expect(problems.map(formatProblem)).toEqual(expected);
  },
);
