import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Upstream } from '../../src/upstream/upstream.ts';
import {
  type Behaviour,
  type HttpService,
  held,
  json,
  stall,
  startHttpService,
} from '../support/http-service.ts';
import { failureOf, fetchJson, testRequest, testScope, upstreamTo } from './harness.ts';

const TWO = { retry: { attempts: 0 }, dedupe: false, connections: 2 };

let service: HttpService;
let upstream: Upstream;

beforeEach(async () => {
  service = await startHttpService();
  upstream = upstreamTo([service.url], TWO);
});

afterEach(async () => {
  await upstream.dispose();
  await service.close();
});

function together(count: number): Promise<unknown>[] {
  return Array.from({ length: count }, (_, index) => fetchJson(upstream, { path: `/${index}` }));
}

it('serves more calls than there are connections in their order', async () => {
  const gate = held(json({}));
  service.behave(gate.behaviour);
  const calls = together(6);
  await service.received(2);
  service.behave(json({}));
  gate.release();
  await Promise.all(calls);
  expect(service.connections).toBe(2);
  expect(service.requests.map(({ url }) => url)).toEqual(['/0', '/1', '/2', '/3', '/4', '/5']);
});

it('goes on with the connection that was used last, unless that one has to be opened again', async () => {
  const ports: (number | undefined)[] = [];
  const noting: Behaviour = (request, response, seen) => {
    ports.push(request.socket.remotePort);
    return json({})(request, response, seen);
  };
  service.behave(noting);
  await Promise.all(together(2));
  for (let i = 0; i < 3; i++) await fetchJson(upstream);
  const [last] = ports.slice(-1);
  expect(ports.slice(-3)).toEqual([last, last, last]);
  service.behave(stall);
  const scope = testScope();
  const cut = await upstream.call(testRequest(), scope);
  scope.leave();
  await failureOf(cut.body.bytes(1000));
  service.behave(noting);
  await fetchJson(upstream);
  expect(ports.at(-1)).toBe(ports.slice(0, 2).find((port) => port !== last));
});

it('uses a connection again whatever became of the call before', async () => {
  for (let i = 0; i < 10; i++) {
    service.behave(stall);
    const calls = [0, 1, 2].map(() => upstream.call(testRequest(), testScope()));
    const [first, second] = await Promise.all(calls.slice(0, 2));
    first?.body.discard();
    second?.body.discard();
    const third = await calls[2];
    third?.body.discard();
  }
  service.behave(json({ well: true }));
  expect((await fetchJson(upstream)).value).toEqual({ well: true });
});

it('is not waited for by calls whose client has left, nor when it is closed', async () => {
  service.behave(stall);
  const open = await Promise.all([0, 1].map(() => upstream.call(testRequest(), testScope())));
  const scope = testScope();
  const body = new PassThrough();
  const left = failureOf(upstream.call(testRequest({ method: 'POST', body }), scope));
  const waits = failureOf(upstream.call(testRequest(), testScope()));
  scope.leave();
  expect((await left).code).toBe('CLIENT_CLOSED');
  await upstream.dispose();
  expect((await waits).code).toBe('UPSTREAM_UNREACHABLE');
  for (const { body: rest } of open)
    expect((await failureOf(rest.bytes(1000))).code).toBe('UPSTREAM_INVALID');
  expect(service.requests).toHaveLength(2);
});
