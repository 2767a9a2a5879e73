import { describe, expect, test } from 'vitest';
import type { Variables } from '../../../src/connect/mapping/mapping.ts';
import { compileUrlTemplate, type UrlTemplate } from '../../../src/connect/template/url-template.ts';
import type { Json } from '../../../src/kernel/json.ts';

const options = { version: '0.3', allow: ['$args', '$config', '$env'] } as const;

function compiled(source: string): UrlTemplate {
  const { value, problems } = compileUrlTemplate(source, options);
  if (value === undefined) throw new Error(JSON.stringify(problems));
  return value;
}

function problemsOf(source: string): string[] {
  return compileUrlTemplate(source, options).problems.map(({ offset, message }) => `${offset}: ${message}`);
}

describe('the path', () => {
  test.each<[string, Json, string | undefined]>([
    ['/users/{$args.x}', 4, 'users/4'],
    ['users/{$args.x}', 4, 'users/4'],
    ['/users/{$args.x}/', 4, 'users/4/'],
    ['/u-{$args.x}.json', 'a', 'u-a.json'],
    ['/{$args.x}', true, 'true'],
    ['/{$args.x}/b', null, '/b'],
    ['/a/{$args.gone}/b', 1, 'a//b'],
    ['/a/{$args.x}', 'a/b', 'a/a%2Fb'],
    ['/a/{$args.x}', 'a?b=c&d#e', 'a/a%3Fb%3Dc%26d%23e'],
    ['/a/{$args.x}', '100%', 'a/100%25'],
    ['/a/{$args.x}', '%2F', 'a/%252F'],
    ['/a/{$args.x}', 'a\\b', 'a/a%5Cb'],
    ['/a/{$args.x}', 'é 😀', 'a/%C3%A9%20%F0%9F%98%80'],
    ['/a/{$args.x}', '\ud83d', 'a/%EF%BF%BD'],
    ['/a/{$args.x}', "-._~!*'()", 'a/-._~%21%2A%27%28%29'],
    ['/a/{$args.x}', ['b'], undefined],
    ['/a/{$args.x}', { b: 1 }, undefined],
    ['/a/{$args.x}', '..', undefined],
    ['/a/{$args.x}/b', '.', undefined],
    ['/a/{$args.x}{$args.x}/b', '.', undefined],
    ['/a/.{$args.x}', '.', undefined],
    ['/a/%2e{$args.x}', '.', undefined],
    ['/a/x{$args.x}', '..', 'a/x..'],
    ['/a/{$args.x}', '...', 'a/...'],
    ['/a/{$args.x}', '.hidden', 'a/.hidden'],
    ['/é/a b\\"{$args.x}', 'c', '%C3%A9/a%20b%5C%22c'],
    ['/kept/%20+,;=:@$&', 1, 'kept/%20+,;=:@$&'],
    ['/lines\n  /and \r\n\n\t/more\n', 1, 'lines/and/more'],
    ['/a space/{$args.x} \n  /more', 1, 'a%20space/1/more'],
  ])('%j with %j gives %j', (source, x, path) => {
    expect(compiled(source).renderPath({ $args: { x } })).toBe(path);
  });

  test('the observer is told why there is none', () => {
    const notes: string[] = [];
    compiled('/a/{$args.x}').renderPath({ $args: { x: '..' } }, (message, offset) =>
      notes.push(`${offset}: ${message}`),
    );
    expect(notes).toStrictEqual(['4: A value made the path segment "..", which would lead elsewhere.']);
  });
});

describe('the query', () => {
  test.each<[string, Json, string | undefined]>([
    ['/?a=1&b=2', 1, 'a=1&b=2'],
    ['/?a={$args.x}&b=2', 'v', 'a=v&b=2'],
    ['/?a={$args.x}&b=2', null, 'b=2'],
    ['/?a={$args.gone}', 1, ''],
    ['/?a={$args.x}', '', 'a='],
    ['/?a=x{$args.x}', null, 'a=x'],
    ['/?a={$args.x}{$args.x}', null, 'a='],
    ['/?{$args.x}={$args.x}', 'k', 'k=k'],
    ['/?{$args.x}', 'k', 'k'],
    ['/?{$args.x}&b', null, 'b'],
    ['/?a={$args.x}', 'a&b=c', 'a=a%26b%3Dc'],
    ['/?a={$args.x}', '#+ ', 'a=%23%2B%20'],
    ['/?a={$args.x}', 0, 'a=0'],
    ['/?a={$args.x}', false, 'a=false'],
    ['/?a={$args.x}', [1], undefined],
    ["/?a={$args.x->joinNotNull(',')}", [1, null, 2], 'a=1%2C2'],
    ['/?&&a=1&', 1, 'a=1'],
    ['/?a=1?b#c={$args.x}', [1], 'a=1?b'],
    ['?only=query', 1, 'only=query'],
    ['/none', 1, ''],
  ])('%j with %j gives %j', (source, x, query) => {
    expect(compiled(source).renderQuery({ $args: { x } })).toBe(query);
  });
});

describe('the origin', () => {
  const variables: Variables = {
    $config: { sub: 'api', port: 5000, evil: 'evil.com/', at: 'x@y', empty: '', list: [1] },
  };

  test.each([
    ['https://api.example.com/v1', 'https://api.example.com'],
    ['HTTP://API.example.com:8080', 'http://api.example.com:8080'],
    ['http://[::1]:3000/x', 'http://[::1]:3000'],
    ['https://example.com:443?x=1', 'https://example.com'],
    ['http://{$config.sub}.localhost:{$config.port}/x', 'http://api.localhost:5000'],
    ['http://{$config.evil}.localhost/', undefined],
    ['http://{$config.at}.localhost/', undefined],
    ['http://{$config.empty}.localhost/', undefined],
    ['http://{$config.gone}.localhost/', undefined],
    ['http://{$config.list}.localhost/', undefined],
    ['http://localhost:{$config.sub}/', undefined],
    ['/relative', undefined],
  ])('%s is %s', (source, origin) => {
    const template = compiled(source);
    expect(template.renderOrigin(variables)).toBe(origin);
    expect(template.origin).toBe(source.includes('{') ? undefined : origin);
    expect(template.absolute).toBe(!source.startsWith('/'));
  });
});

describe('problems', () => {
  test.each([
    ['ftp://x/', '0: "ftp" is not supported: a URL begins with http:// or https://.'],
    ['http:///x', '0: This URL has no valid host.'],
    ['http://a b/x', '0: This URL has no valid host.'],
    ['http://x:99999/', '0: This URL has no valid host.'],
    ['http://user:secret@x/', '0: Credentials do not belong into a URL: send them in a header.'],
    ['http://{$args.host}/', '8: The host of a URL can only come from $config or $env.'],
    ['//x/y', "0: A path can't begin with two slashes."],
    ['/%{$args.x}', '0: A % needs two hexadecimal digits after it; write %25 for a percent sign.'],
    ['/a?b=%2{$args.x}', '0: A % needs two hexadecimal digits after it; write %25 for a percent sign.'],
    ['/a/{$arg.x}', '4: Unknown variable $arg. Did you mean "$args"? Here you can use $args, $config, $env.'],
    ['/a/{$args.x', '3: There is no } that closes this {.'],
  ])('%s', (source, problem) => {
    expect(problemsOf(source)).toStrictEqual([problem]);
  });
});
