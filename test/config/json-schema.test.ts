import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';

const validate = new Ajv({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  validateFormats: false,
}).compile(configJsonSchema());

function accepts(yaml: string): boolean {
  return validate(parse(yaml));
}

describe('the JSON Schema of gateway.yaml', () => {
  it('accepts the example of the contract', () => {
    const example = parse(readFileSync(new URL('example.yaml', import.meta.url), 'utf8'));
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
  });

  it('accepts an environment variable wherever a value is narrower than text', () => {
    expect(
      accepts(`server: { port: "\${PORT:-4000}", bodyLimit: "\${LIMIT}", securityHeaders: "\${SAFE}", workers: "\${N}" }
services: { users: { urls: ["\${USERS_URL}"], protocol: "\${PROTOCOL}", retry: { budget: "\${SHARE}" } } }
graphql: { graphiql: "\${GRAPHIQL}" }`),
    ).toBe(true);
  });

  it.each([
    ['an unknown key', 'services: {}\nserver: { prot: 1 }'],
    ['a wrong type', 'services: {}\nserver: { port: four }'],
    ['a wrong word', 'services: { a: { urls: [http://a], balance: rr } }'],
    ['a missing key', 'services: { a: {} }'],
    ['a wrong name', 'services: { "a b": { urls: [http://a] } }'],
  ])('refuses %s', (_, yaml) => {
    expect(accepts(yaml)).toBe(false);
  });

  it('is the one that is shipped (portico schema --config-schema > gateway.schema.json)', () => {
    const shipped = readFileSync(new URL('../../gateway.schema.json', import.meta.url), 'utf8');
    expect(shipped).toBe(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  });
});
