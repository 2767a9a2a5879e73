import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { json, startHttpService } from '../support/http-service.ts';

const SDL = (field: string) => `
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "books", http: { baseURL: "http://books" })
type Query { book: Book @connect(source: "books", http: { GET: "/book" }, selection: "title: ${field}") }
type Book { title: String }
`;

const CONFIG = (url: string, requests: number) => `
services: { books: { urls: ["${url}"] } }
graphql: {}
limits: { default: { requests: ${requests}, window: 1h } }
`;

const BODY = JSON.stringify({ query: '{ book { title } }' });

it('a client that asks the same again and again is under every policy, and sees each change', async () => {
  const books = await startHttpService(json({ title: 'one', other: 'another' }));
  const gateway = await startGateway({ config: CONFIG(books.url, 1000), sdl: SDL('title') });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  async function ask() {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': BODY.length };
    const asked = request(`${gateway.url}/graphql`, { agent, method: 'POST', headers });
    asked.end(BODY);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    ports.add(asked.socket?.localPort);
    return { status: answer.statusCode, headers: answer.headers, body: (await readJson(answer)) as object };
  }
  const title = (text: string) => ({ status: 200, body: { data: { book: { title: text } } } });
  try {
    const first = [];
    for (let i = 0; i < 10; i++) first.push(await ask());
    for (const answer of first) expect(answer).toMatchObject(title('one'));
    expect(books.requests.length).toBe(10);
    expect(first.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(
      Array.from({ length: 10 }, (_, i) => String(999 - i)),
    );
    expect(new Set(first.map(({ headers }) => headers['x-request-id'])).size).toBe(10);

    books.behave(json({ title: 'two', other: 'another' }));
    expect(await ask()).toMatchObject(title('two'));
    await books.die();
    const failed = { status: 200, body: { data: { book: null }, errors: [{ path: ['book'] }] } };
    expect(await ask()).toMatchObject(failed);
    await books.comeBack();
    expect(await ask()).toMatchObject(title('two'));

    await gateway.reload({ sdl: SDL('other') });
    for (let i = 0; i < 5; i++) expect(await ask()).toMatchObject(title('another'));
    await gateway.reload({ config: CONFIG(books.url, 20) });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask()).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(ports.size).toBe(1);
    await gateway.log.ended(22);
  } finally {
    agent.destroy();
    await gateway.close();
    await books.close();
  }
});
