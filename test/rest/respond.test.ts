import { afterEach, expect, test } from 'vitest';
import { type RestDoor, startRestDoor } from '../support/rest-door.ts';

let door: RestDoor;
afterEach(() => door.close());

async function answer(respond: string, method = 'GET'): Promise<Response> {
  door = await startRestDoor({ config: `services: {}\nroutes: [{ path: /x, respond: ${respond} }]` });
  return fetch(`${door.url}/x`, { method });
}

test('JSON with its type', async () => {
  const response = await answer('{ status: 410, headers: { X-Moved: "yes" }, body: { gone: true } }');
  expect(response.status).toBe(410);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-moved')).toBe('yes');
  expect(await response.json()).toEqual({ gone: true });
});

test('text as it is, under the type that the headers give', async () => {
  const plain = await answer('{ body: "User-agent: *" }');
  expect(plain.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await plain.text()).toBe('User-agent: *');
  await door.close();
  const html = await answer('{ headers: { Content-Type: text/html }, body: "<p>hi" }');
  expect(html.headers.get('content-type')).toBe('text/html');
});

test('nothing at all', async () => {
  const response = await answer('{ status: 204 }');
  expect(response.status).toBe(204);
  expect(response.headers.get('content-type')).toBeNull();
});

test('a redirect', async () => {
  door = await startRestDoor({
    config: 'services: {}\nroutes: [{ path: /x, respond: { status: 301, headers: { Location: /y } } }]',
  });
  const response = await fetch(`${door.url}/x`, { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([301, '/y']);
  expect(await response.text()).toBe('');
});

test('HEAD has the length but not the body', async () => {
  const response = await answer('{ body: { a: 1 } }', 'HEAD');
  expect(response.headers.get('content-length')).toBe('7');
  expect(await response.text()).toBe('');
});
