import { describe, expect, it } from 'vitest';
import { useGraphqlFixture } from '../support/graphql-fixture.ts';

const { service, gateway } = useGraphqlFixture();

const SDL = `
  type Query {
    hello: String @connect(source: "main", http: { GET: "/hello" }, selection: "$.text")
  }
  type Mutation {
    rename(name: String!): String @connect(source: "main", http: { POST: "/rename", body: "name: $args.name" }, selection: "$.text")
  }
`;

async function start(shortWay: boolean, cors: object = {}) {
  const main = await service({
    'GET /hello': () => ({ text: 'Hello' }),
    'POST /rename': () => ({ text: 'renamed' }),
  });
  const api = await gateway({ sdl: SDL, services: { main: main.url }, server: { cors }, shortWay });
  return { main, api };
}

const QUERY = encodeURIComponent('{ hello }');
/** Of a link, an image or a form on somebody else's page: the browser adds cookies, and asks nobody. */
const FOREIGN = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };

describe.each([
  ['the short way', true],
  ['the long way', false],
])('a request that another site’s page is behind, on %s', (_name, shortWay) => {
  it.each<[string, Record<string, string>]>([
    ['an image', FOREIGN],
    ['a page of a neighbour', { ...FOREIGN, 'sec-fetch-site': 'same-site' }],
    ['a link', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a script that may not call', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a page without an origin', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['a form’s content type', { ...FOREIGN, 'content-type': 'text/plain' }],
    ['a header that any page may add', { ...FOREIGN, 'accept-language': 'x-apollo-operation-name' }],
  ])('is refused by GET: %s', async (_what, headers) => {
    const { api, main } = await start(shortWay, { origins: ['https://app.example'] });
    const response = await fetch(`${api.url}?query=${QUERY}`, { headers });
    expect(response.status).toBe(403);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(main.calls()).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['no browser at all', {}],
    ['the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    ['a page of our own', { 'sec-fetch-site': 'same-origin' }],
    ['a page that may call', { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }],
    ['a neighbour that may call', { 'sec-fetch-site': 'same-site', origin: 'https://one.app.example' }],
    ['Apollo Client', { ...FOREIGN, 'content-type': 'application/json' }],
    ['Apollo’s header', { ...FOREIGN, 'Apollo-Require-Preflight': 'true' }],
    ['Apollo’s other header', { ...FOREIGN, 'X-Apollo-Operation-Name': 'Hello' }],
    ['the common header', { ...FOREIGN, 'GraphQL-Require-Preflight': '1' }],
    ['Yoga’s header', { ...FOREIGN, 'x-graphql-yoga-csrf': '1' }],
  ])('is answered by GET: %s', async (_what, headers) => {
    const { api } = await start(shortWay, { origins: ['https://app.example', 'https://*.app.example'] });
    const response = await fetch(`${api.url}?query=${QUERY}`, { headers });
    expect(await response.json()).toEqual({ data: { hello: 'Hello' } });
  });

  it('is answered where everybody may call, if it says who it is', async () => {
    const { api } = await start(shortWay, { origins: ['*'] });
    const ask = (headers: Record<string, string>) => fetch(`${api.url}?query=${QUERY}`, { headers });
    expect((await ask({ ...FOREIGN, origin: 'https://any.example' })).status).toBe(200);
    expect((await ask(FOREIGN)).status).toBe(403);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
  ])('is refused by POST of %s, whatever headers it has', async (type) => {
    const { api, main } = await start(shortWay);
    for (const more of [{}, FOREIGN, { 'apollo-require-preflight': 'true' }]) {
      const response = await fetch(api.url, {
        method: 'POST',
        headers: { 'content-type': type, ...more },
        body: JSON.stringify({ query: 'mutation { rename(name: "x") }' }),
      });
      expect(response.status).toBe(415);
    }
    expect(main.calls()).toEqual([]);
  });

  it('gets the page that runs nothing', async () => {
    const { api, main } = await start(shortWay);
    const headers = { 'sec-fetch-site': 'cross-site', accept: 'text/html' };
    const response = await fetch(`${api.url}?query=${QUERY}`, { headers });
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(main.calls()).toEqual([]);
  });
});
