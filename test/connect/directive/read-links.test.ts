import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readLinks } from '../../../src/connect/directive/read-links.ts';
import type { Problem } from '../../../src/kernel/problem.ts';

function read(sdl: string) {
  const problems: Problem[] = [];
  const links = readLinks(parse(sdl), (problem) => problems.push(problem));
  return { links, messages: problems.map(({ message }) => message) };
}

describe('@link', () => {
  it('tells the version of the Connect specification', () => {
    const { links } = read(
      'extend schema @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@connect"])',
    );
    expect(links.connect?.version).toBe('0.2');
  });

  it('finds no version in a file without it, and leaves names alone there', () => {
    const { links } = read('type Query { a: Int }');
    expect(links.connect).toBeUndefined();
    expect(links.canonical('connect')).toBe('connect');
    expect(links.canonical('mine')).toBe('mine');
  });

  it('renames what is imported under another name', () => {
    const { links } = read(`extend schema
      @link(url: "https://specs.apollo.dev/connect/v0.3", import: [{ name: "@source", as: "@api" }, "@connect"])
      @link(url: "https://specs.apollo.dev/federation/v2.10", import: [{ name: "@key", as: "@id" }])`);
    expect(links.canonical('api')).toBe('source');
    expect(links.canonical('id')).toBe('key');
  });

  it('knows names by their namespace, also a renamed one', () => {
    const { links } = read(
      `schema
        @link(url: "https://specs.apollo.dev/connect/v0.4", as: "rest")
        @link(url: "https://specs.apollo.dev/federation/v2.10", as: "fed")
        @link(url: "https://example.org/custom/v0.1", as: "own") { query: Query }`,
    );
    expect(links.canonical('rest__source')).toBe('source');
    expect(links.canonical('fed__shareable')).toBe('shareable');
    expect(links.canonical('own__thing')).toBe('own__thing');
    expect(links.canonical('rest')).toBe('connect');
    expect(links.canonical('federation__key')).toBe('key');
  });

  it('has its say about versions and names that do not exist', () => {
    const { messages } = read(
      'extend schema @link(url: "https://specs.apollo.dev/connect/v1.0", import: ["@sourse"])',
    );
    expect(messages).toEqual([
      'version 1.0 of the Connect specification is not known; use one of 0.1, 0.2, 0.3, 0.4',
      'the Connect specification has no "@sourse". Did you mean "@source"?',
    ]);
  });
});
