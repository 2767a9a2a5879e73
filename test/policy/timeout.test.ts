import { expect, it } from 'vitest';
import { GatewayError } from '../../src/kernel/error.ts';
import { createTimeout } from '../../src/policy/timeout.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { deferred, policyScope } from './scope.ts';

interface Request {
  readonly answer: ReturnType<typeof deferred<string>>;
  excused: boolean;
}

function timed() {
  const clock = new FakeClock();
  const handle = createTimeout<Request, string>({
    clock,
    milliseconds: () => 100,
    cancel: (request, error) => request.answer.reject(error),
    excused: (request) => request.excused,
    expired: (ms) => new GatewayError('UPSTREAM_TIMEOUT', `not within ${ms} ms`),
  })((request) => request.answer.promise);
  const request: Request = { answer: deferred<string>(), excused: false };
  return { clock, handle, request };
}

it('cancels what takes too long', async () => {
  const { clock, handle, request } = timed();
  const answer = handle(request, policyScope());
  answer.catch(() => {});
  clock.advance(99);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  await expect(answer).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', message: 'not within 100 ms' });
});

it('puts its timer away when the answer is there', async () => {
  const { clock, handle, request } = timed();
  request.answer.resolve('well');
  expect(await handle(request, policyScope())).toBe('well');
  expect(clock.pending).toBe(0);
});

it('goes by the deadline if that is nearer, and says so', async () => {
  const { clock, handle, request } = timed();
  const answer = handle(request, policyScope(60));
  answer.catch(() => {});
  clock.advance(60);
  await expect(answer).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});

it('says at the deadline what the request has it say', async () => {
  const clock = new FakeClock();
  const answer = deferred<string>();
  const handle = createTimeout<null, string>({
    clock,
    milliseconds: () => 100,
    cancel: (_request, error) => answer.reject(error),
    expired: () => new GatewayError('UPSTREAM_TIMEOUT', 'too late'),
    atDeadline: () => new GatewayError('REQUEST_TIMEOUT', 'still waiting for the rest of it'),
  })(() => answer.promise)(null, policyScope(60));
  handle.catch(() => {});
  clock.advance(60);
  await expect(handle).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
});

it('does not even begin after the deadline', async () => {
  const { clock, handle, request } = timed();
  clock.advance(10);
  await expect(handle(request, policyScope(10))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});

it('gives the time once more while the wait is for somebody else, but never past the deadline', async () => {
  const { clock, handle, request } = timed();
  request.excused = true;
  const answer = handle(request, policyScope(10_000));
  answer.catch(() => {});
  await clock.pass(950);
  request.excused = false;
  await clock.pass(50);
  await expect(answer).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });

  const late = timed();
  late.request.excused = true;
  const last = late.handle(late.request, policyScope(250));
  last.catch(() => {});
  await late.clock.pass(249);
  expect(late.clock.pending).toBe(1);
  await late.clock.pass(1);
  await expect(last).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});
