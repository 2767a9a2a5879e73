import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOrigin } from '../../src/config/origin.ts';

describe('parseOrigin', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['HTTPS://App.Example.COM', 'https://app.example.com'],
    ['https://app.example.com:443', 'https://app.example.com'],
    ['http://app.example.com:443', 'http://app.example.com:443'],
    ['http://localhost:5173', 'http://localhost:5173'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['chrome-extension://abcdef', 'chrome-extension://abcdef'],
    ['null', 'null'],
  ])('takes %s as browsers write it', (text, origin) => {
    expect(parseOrigin(text)).toEqual({ kind: 'exact', origin });
  });

  it.each([
    ['https://*.example.com', 'https://', '.example.com'],
    ['https://*.Example.com:443', 'https://', '.example.com'],
    ['http://*.localhost:3000', 'http://', '.localhost:3000'],
  ])('takes %s for all hosts below', (text, start, end) => {
    expect(parseOrigin(text)).toEqual({ kind: 'below', start, end });
  });

  it('takes * for any', () => {
    expect(parseOrigin('*')).toEqual({ kind: 'any' });
  });

  it.each([
    '',
    'app.example.com',
    'localhost:3000',
    '*.example.com',
    'https://',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com?x',
    'https://app.example.com#x',
    'https://me@app.example.com',
    'https://app.example.com:99999',
    'https://app example.com',
    'https://app.example.com\n',
    'https:///app.example.com',
    'https:\\\\app.example.com',
    'https://*',
    'https://a.*.example.com',
    'https://app*.example.com',
    'https://*.*.example.com',
    '*://app.example.com',
    'file:///home',
    'file://',
    'NULL',
    'http://a, http://b',
  ])('says what is wrong with %j', (text) => {
    expect(parseOrigin(text)).toEqual({ fault: expect.stringMatching(/^(?:is|has) /) });
  });

  it('gives what the URL parser takes for the same origin, or refuses', () => {
    const text = fc
      .tuple(fc.constantFrom('http://', 'https://'), fc.string({ unit: 'binary-ascii', maxLength: 12 }))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.webUrl()), (given) => {
        const parsed = parseOrigin(given);
        if (!('kind' in parsed) || parsed.kind !== 'exact') return;
        expect(new URL(given).origin).toBe(parsed.origin);
        expect(new URL(parsed.origin).origin).toBe(parsed.origin);
      }),
      { numRuns: 3000 },
    );
  });
});
