import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { normalise } from '../../src/guard/normalise.ts';
import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../../src/kernel/error.ts';
import { createRenderError, type RenderErrorOptions } from '../../src/rest/render-error.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Renders one error over a real connection. */
async function render(
  error: unknown,
  options: Partial<RenderErrorOptions> = {},
  method = 'GET',
): Promise<Response> {
  const renderError = createRenderError({ format: 'problem', unreachable: 502, ...options });
  const server = createServer((request, response) => {
    response.setHeader('ETag', '"of the answer that did not come"');
    renderError(error, normalise(request, response, 16_384).inbound, 'request-7');
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/some/path?q=1`, { method });
}

const gone = (options: GatewayErrorOptions = {}) =>
  new GatewayError('UPSTREAM_UNREACHABLE', 'The service users could not be reached', options);

describe('problem', () => {
  test('says what RFC 9457 asks for, and the request id', async () => {
    const response = await render(gone());
    expect(response.status).toBe(502);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('etag')).toBeNull();
    expect(await response.json()).toEqual({
      type: 'urn:portico:error:upstream-unreachable',
      title: 'Bad gateway',
      status: 502,
      detail: 'The service users could not be reached',
      instance: '/some/path',
      requestId: 'request-7',
    });
  });

  test('lists what failed where', async () => {
    const error = new GatewayError('BAD_USER_INPUT', 'Bad request', {
      problems: [
        { at: '/title', message: 'must be string' },
        { at: 'first', message: 'must be a whole number' },
      ],
    });
    expect(await (await render(error)).json()).toMatchObject({
      status: 400,
      errors: [
        { pointer: '/title', detail: 'must be string' },
        { parameter: 'first', detail: 'must be a whole number' },
      ],
    });
  });
});

describe('the text of the short formats', () => {
  const cases: [ErrorCode, string, number, string][] = [
    ['UNAUTHENTICATED', 'Authentication required', 401, 'Authentication required'],
    ['UNAUTHENTICATED', 'Token expired', 401, 'Token expired'],
    ['UNAUTHENTICATED', 'Invalid token', 401, 'Invalid token'],
    ['FORBIDDEN', 'A role is missing', 403, 'Forbidden'],
    ['NOT_FOUND', 'No such thing', 404, 'Not found'],
    ['METHOD_NOT_ALLOWED', 'Not so', 405, 'Method not allowed'],
    ['RATE_LIMITED', 'Rate limit exceeded', 429, 'Rate limit exceeded'],
    ['RATE_LIMITED', 'Slow down, please', 429, 'Slow down, please'],
    ['UPSTREAM_UNREACHABLE', 'users could not be reached', 502, 'Bad gateway'],
    ['UPSTREAM_INVALID', 'users broke off', 502, 'Bad gateway'],
    ['CIRCUIT_OPEN', 'users is resting', 503, 'Service unavailable'],
    ['UPSTREAM_OVERLOADED', 'users is full', 503, 'Service unavailable'],
    ['DRAINING', 'Going down', 503, 'Service unavailable'],
    ['UPSTREAM_TIMEOUT', 'users is slow', 504, 'Gateway timeout'],
    ['DEADLINE_EXCEEDED', 'Too late', 504, 'Gateway timeout'],
    ['INTERNAL', 'x is not a function', 500, 'Internal server error'],
    ['BAD_REQUEST', 'The path has a bad escape', 400, 'The path has a bad escape'],
  ];
  test.each(cases)('%s, %j', async (code, message, status, text) => {
    const response = await render(new GatewayError(code, message), { format: 'error' });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ error: text });
    const detailed = await render(new GatewayError(code, message), { format: 'detail' });
    expect(await detailed.json()).toEqual({ detail: text });
  });

  test('a target that is known to be gone is unavailable, one that does not answer a bad gateway', async () => {
    const known = await render(gone({ status: 503 }), { format: 'error' });
    expect([known.status, await known.json()]).toEqual([503, { error: 'Service unavailable' }]);
    const silent = await render(gone(), { format: 'error', unreachable: 503 });
    expect([silent.status, await silent.json()]).toEqual([503, { error: 'Bad gateway' }]);
  });

  test('names each failing pointer', async () => {
    const error = new GatewayError('BAD_REQUEST', 'It does not fit', {
      problems: [
        { at: '/a', message: 'must be string' },
        { at: '', message: 'must be object' },
      ],
    });
    const response = await render(error, { format: 'detail' });
    expect(await response.json()).toEqual({ detail: 'It does not fit: /a must be string; must be object' });
  });

  test('a limit tells how long to wait', async () => {
    const error = new GatewayError('RATE_LIMITED', 'Rate limit exceeded', { retryAfter: 12.2 });
    const response = await render(error, { format: 'error' });
    expect(response.headers.get('retry-after')).toBe('13');
    expect(await response.json()).toEqual({ error: 'Rate limit exceeded', retry_after: 13 });
  });
});

test('what nobody expected shows nothing of itself', async () => {
  const response = await render(new TypeError('secret.password is undefined'));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
});

test('headers: Allow, WWW-Authenticate, Retry-After', async () => {
  const allow = new GatewayError('METHOD_NOT_ALLOWED', 'Method not allowed', {
    headers: { Allow: 'GET, HEAD' },
  });
  expect((await render(allow)).headers.get('allow')).toBe('GET, HEAD');
  const plain = new GatewayError('UNAUTHENTICATED', 'Authentication required');
  expect((await render(plain)).headers.get('www-authenticate')).toBe('Bearer');
  const told = new GatewayError('UNAUTHENTICATED', 'Invalid token', {
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
  expect((await render(told)).headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  expect((await render(new GatewayError('CIRCUIT_OPEN', 'x'))).headers.get('retry-after')).toBe('1');
  expect(
    (await render(new GatewayError('CIRCUIT_OPEN', 'x', { retryAfter: 5 }))).headers.get('retry-after'),
  ).toBe('5');
});

test('a HEAD gets the head alone', async () => {
  const response = await render(new GatewayError('NOT_FOUND', 'Not found'), {}, 'HEAD');
  expect(response.status).toBe(404);
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
  expect(await response.text()).toBe('');
});
