import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  cutBeforeBody,
  cutBody,
  type HttpService,
  hang,
  json,
  reset,
  startHttpService,
} from '../support/http-service.ts';
import { type RestDoor, startRestDoor } from '../support/rest-door.ts';

let service: HttpService;
let door: RestDoor;

beforeEach(async () => {
  service = await startHttpService(json({ items: [1, 2, 3] }));
});
afterEach(async () => {
  await door.close();
  await service.close();
});

async function open(fallback: string, timeout = '50ms', server = ''): Promise<void> {
  door = await startRestDoor({
    config: `
server: { ${server} }
services: { shop: { urls: ["${service.url}"], timeout: ${timeout}, retry: { attempts: 0 } } }
routes:
  - { path: "/items/*", service: shop, fallback: ${fallback} }`,
  });
}

async function get(path = '/items', headers: Record<string, string> = {}) {
  const response = await fetch(door.url + path, { headers });
  return {
    status: response.status,
    fallback: response.headers.get('x-portico-fallback'),
    age: response.headers.get('age'),
    body: await response.json(),
  };
}

test('a good answer is just that', async () => {
  await open('{ body: { items: [] } }');
  expect(await get()).toEqual({ status: 200, fallback: null, age: null, body: { items: [1, 2, 3] } });
});

test.each([
  ['out of reach', reset],
  ['too slow', hang],
  ['at fault', json({ oops: true }, 500)],
])('the value stands in for a service %s', async (_, behaviour) => {
  service.behave(behaviour);
  await open('{ status: 203, body: { items: [] } }');
  expect(await get()).toEqual({ status: 203, fallback: 'value', age: null, body: { items: [] } });
  expect(door.log.find((line) => line.msg === 'the fallback value stands in')).toMatchObject({
    route: '/items/*',
  });
});

test("a client's own mistake is told, not covered", async () => {
  service.behave(json({ reason: 'no such item' }, 404));
  await open('{ body: { items: [] }, stale: 5m }');
  expect(await get()).toMatchObject({ status: 404, fallback: null, body: { reason: 'no such item' } });
});

test('null is a value', async () => {
  service.behave(reset);
  await open('{ body: null }');
  expect(await get()).toMatchObject({ status: 200, fallback: 'value', body: null });
});

test('the last good answer to the same request comes first, then the value', async () => {
  await open('{ body: { items: [] }, stale: 5m }');
  await get('/items/a');
  service.behave(json({ oops: true }, 500));
  expect(await get('/items/a')).toEqual({
    status: 200,
    fallback: 'stale',
    age: '0',
    body: { items: [1, 2, 3] },
  });
  expect(await get('/items/b')).toMatchObject({ fallback: 'value', body: { items: [] } });
});

test('without a value and without a good answer the error is the answer', async () => {
  await open('{ stale: 5m }');
  service.behave(json({ oops: true }, 500));
  expect(await get('/items/a')).toMatchObject({ status: 500, fallback: null, body: { oops: true } });
  service.behave(reset);
  expect(await get('/items/b')).toMatchObject({
    status: 502,
    fallback: null,
    body: { title: 'Bad gateway' },
  });
});

test('an answer that breaks off before its first byte is no answer', async () => {
  service.behave(cutBeforeBody);
  await open('{ body: { items: [] } }');
  const response = await fetch(`${door.url}/items`);
  expect([response.status, await response.json()]).toEqual([200, { items: [] }]);
  expect(response.headers.get('x-portico-fallback')).toBe('value');
  expect(response.headers.get('x-half')).toBeNull();
});

test('an answer that has begun is not mended', async () => {
  service.behave(cutBody);
  await open('{ body: { items: [] } }');
  await expect(get()).rejects.toThrow();
});

test.each([
  ['the last good answer', '{ stale: 5m }', { status: 200, fallback: 'stale', body: { items: [1, 2, 3] } }],
  ['the value', '{ body: { items: [] } }', { status: 200, fallback: 'value', body: { items: [] } }],
])(
  '%s is given in time, if the request may not wait as long as the service may take',
  async (_, fallback, expected) => {
    await open(fallback, '30s', 'requestTimeout: 1s');
    await get();
    service.behave(hang);
    expect(await get()).toMatchObject(expected);
  },
);

test('a client that leaves ends the call, also where a fallback is', async () => {
  service.behave(hang);
  await open('{ body: { items: [] } }', '30s');
  const leaving = new AbortController();
  const asked = fetch(`${door.url}/items`, { signal: leaving.signal });
  await service.received(1);
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await service.aborted(1);
});
