import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildTrustedDocuments } from '../../src/blueprint/document/build-trusted-documents.ts';
import { formatProblem, type Problem } from '../../src/kernel/problem.ts';

const SCHEMA = buildSchema('type Query { hello(name: String): String other: Int }');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function build(text: string) {
  const problems: Problem[] = [];
  const byId = buildTrustedDocuments({ file: 'documents.json', text }, SCHEMA, (problem) =>
    problems.push(problem),
  );
  return { byId, problems: problems.map(formatProblem) };
}

describe('a file of trusted documents', () => {
  it('is a map of texts by id', () => {
    const [a, b, c] = ['{ hello }', 'query B { other }', '{ other }'];
    const file = { [sha256(a)]: a, [`sha256:${sha256(b).toUpperCase()}`]: b, 'x-mine:1': c };
    expect(build(JSON.stringify(file, undefined, 2))).toEqual({
      problems: [],
      byId: new Map([
        [sha256(a), a],
        [sha256(b), b],
        ['x-mine:1', c],
      ]),
    });
  });

  it('is a manifest of Apollo’s tools', () => {
    const body = 'query Hello { hello }';
    const operations = [{ id: sha256(body), name: 'Hello', type: 'query', body }];
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations };
    expect(build(JSON.stringify(manifest))).toEqual({ problems: [], byId: new Map([[sha256(body), body]]) });
  });

  it('may begin with a byte order mark, and may be empty', () => {
    expect(build('\uFEFF{}')).toEqual({ problems: [], byId: new Map() });
  });

  it('tells of every fault where it stands', () => {
    const good = '{ hello }';
    const text = `{
  "a": "query A {\\n  helo\\n  other(x: \\"\\u0041\\") }",
  "b": "{ hello",
  "${sha256(good)}": "{ other }",
  "c": 7,
\t"d": "fragment F on Query { hello }",
  "e": ""
}`;
    expect(build(text).problems).toEqual([
      'documents.json:5:8: expected the text of a GraphQL document',
      'documents.json:2:22: document "a": Cannot query field "helo" on type "Query". Did you mean "hello"?',
      'documents.json:2:36: document "a": Unknown argument "x" on field "Query.other".',
      'documents.json:3:16: document "b": Syntax Error: Expected Name, found <EOF>.',
      `documents.json:4:71: document "${sha256(good)}": its id is not the SHA-256 of its text, which is ${sha256('{ other }')}`,
      'documents.json:6:7: document "d": it has no operation',
      'documents.json:7:9: document "e": Syntax Error: Unexpected <EOF>.',
    ]);
  });

  it('tells of faults in a manifest', () => {
    const text = `{ "format": "apollo-manifest", "version": 2, "operations": [
  { "id": "1", "body": "{ hello }" },
  { "id": "1", "body": "{ other }" },
  { "id": "2", "body": "{ helo }" },
  { "id": "3" }
] }`;
    expect(build(text).problems).toEqual([
      'documents.json:1:13: expected "apollo-persisted-query-manifest"',
      'documents.json:1:43: expected version 1 of the manifest',
      'documents.json:5:3: expected { "id", "body" } with the text of a GraphQL document as its body',
      'documents.json:3:24: document "1": another document has the same id',
      'documents.json:4:27: document "2": Cannot query field "helo" on type "Query". Did you mean "hello"?',
    ]);
  });

  it.each([
    ['[]', '1:1: expected { "<id>": "query …" }, or a manifest of format "apollo-persisted-query-manifest"'],
    ['', '1:1: not JSON: Unexpected end of JSON input'],
    ['{\n  "a" }', "2:7: not JSON: Expected ':' after property name"],
    ['{\n  "a": }', expect.stringMatching(/^1:1: not JSON: Unexpected token .*"a"/)],
  ])('tells of %j, which is none', (text, message) => {
    const [problem = ''] = build(text).problems;
    expect(problem.replace('documents.json:', '')).toEqual(message);
  });

  it('never throws, whatever is in it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const problem of build(text).problems) expect(problem).toMatch(/^documents\.json:\d+:\d+: /);
      }),
    );
    const nested = { a: `{${'a{'.repeat(60_000)}b${'}'.repeat(60_000)}}` };
    expect(build(JSON.stringify(nested)).problems).toEqual([
      'documents.json:1:6: document "a": it is nested too deeply',
    ]);
  });

  it('finds the place of a fault, however the text is written', () => {
    const anyText = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é', '😀', '\u2028', '#') });
    fc.assert(
      fc.property(anyText, fc.boolean(), (comment, escaped) => {
        const document = `{ hello(name: ${JSON.stringify(comment)}) nope }`;
        const json = JSON.stringify({ a: document });
        const text = escaped ? json.replace(/[^\x20-\x7e]/g, inHex) : json;
        const [problem] = build(text).problems;
        expect(problem).toMatch(/^documents\.json:1:\d+: document "a": Cannot query field "nope"/);
        const column = Number(problem?.split(':')[2]);
        expect(text.slice(column - 1)).toMatch(/^nope }"}$/);
      }),
    );
  });
});

function inHex(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
