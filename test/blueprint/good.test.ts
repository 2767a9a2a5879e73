import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Blueprint } from '../../src/blueprint/blueprint.ts';
import { formatProblem } from '../../src/kernel/problem.ts';
import { buildFrom, buildGood } from '../support/build-blueprint.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const quickstart = readFileSync(path.join(import.meta.dirname, 'good/quickstart.graphql'), 'utf8');

describe('a schema in the manner of the Connectors quickstart', () => {
  it('is in order; what remains to be said is where it calls once per item', () => {
    const { blueprint, problems } = buildFrom({ sdl: quickstart });
    expect(problems.map(({ severity, message }) => `${severity}: ${message.split(';')[0]}`)).toEqual([
      'warning: Query.post@connect[0] is called once for each item of Query.users[].posts[]',
      'warning: Query.user@connect[0] is called once for each item of Query.users[]',
      'warning: Post.comments@connect[0] is called once for each item of Query.posts[].comments',
      'warning: User.posts@connect[0] is called once for each item of Query.users[].posts',
    ]);
    expect(blueprint?.services.get('jsonPlaceholder')?.urls).toEqual([
      'https://jsonplaceholder.typicode.com',
    ]);
  });

  it('knows the names of fields within fields, for reading no more than is selected', () => {
    const { graphql } = buildGood({ sdl: quickstart });
    const provides = graphql?.fields.get('Query.user')?.connectors[0]?.provides;
    const address = provides?.kind === 'object' ? provides.fields.get('address')?.shape : undefined;
    expect(address?.kind === 'object' ? [...address.fields.keys()] : []).toEqual(['street', 'city', 'at']);
  });
});

describe('the default example', () => {
  it('has nothing wrong with it', () => {
    const folder = path.join(ROOT, 'schema');
    const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
    const { problems } = buildFrom({
      yaml: readFileSync(path.join(ROOT, 'gateway.yaml'), 'utf8'),
      sdl: files.map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8') })),
    });
    expect(problems.map(formatProblem)).toEqual([]);
  });
});

describe('a blueprint', () => {
  it('cannot be changed', () => {
    const { graphql, services, config }: Blueprint = buildGood({ sdl: quickstart });
    const connector = graphql?.fields.get('Query.posts')?.connectors[0];
    for (const part of [
      graphql,
      connector,
      connector?.uses,
      services.get('jsonPlaceholder'),
      config.server,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('comes of any text at all, or problems do, with places inside the text', () => {
    const lines = quickstart.split('\n');
    const snippet = fc.constantFrom(
      '{',
      '}',
      '"',
      '"""',
      '$this.id',
      '$batch.id',
      'entity: true',
      '@key(fields: "id")',
      '->x',
      '!',
      ' id ',
      'type Post { id: ID! }',
      '@fallback(value: [])',
    );
    fc.assert(
      fc.property(fc.nat(quickstart.length), fc.nat(40), snippet, (start, length, inserted) => {
        const sdl = quickstart.slice(0, start) + inserted + quickstart.slice(start + length);
        for (const { at } of buildFrom({ sdl }).problems) {
          if (at.file === 'gateway.yaml') continue;
          expect(at.file).toBe('schema.graphql');
          expect(at.line).toBeGreaterThan(0);
          expect(at.line).toBeLessThanOrEqual(lines.length + 1);
          expect(at.column).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });
});
