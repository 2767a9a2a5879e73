import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/kernel/problem.ts';
import { buildFrom } from '../support/build-blueprint.ts';

const FOLDER = path.join(import.meta.dirname, 'broken');

// The files are named .sdl so that no formatter mends them; they are reported as .graphql.
describe('a broken schema or route is told of at its place', () => {
  for (const name of readdirSync(FOLDER)) {
    it(name, () => {
      const folder = path.join(FOLDER, name);
      const files = readdirSync(folder).sort();
      const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
      const sdl = files
        .filter((file) => file.endsWith('.sdl'))
        .map((file) => ({ file: file.replace('.sdl', '.graphql'), text: read(file) }));
      const yaml = files.includes('gateway.yaml') ? { yaml: read('gateway.yaml') } : {};
      const { blueprint, problems } = buildFrom({ sdl, ...yaml });
      expect(blueprint).toBeUndefined();
      expect(problems.map(formatProblem).join('\n')).toBe(read('expected.txt').trimEnd());
    });
  }
});
