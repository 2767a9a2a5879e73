import { describe, expect, it } from 'vitest';
import type { Handler } from '../../src/kernel/handler.ts';
import { createRetry } from '../../src/policy/retry.ts';
import { RetryBudget } from '../../src/policy/retry-budget.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { policyScope } from './scope.ts';

function retrying(
  next: Handler<string, number>,
  given: Partial<{ attempts: number; share: number; random: () => number }> = {},
) {
  const clock = new FakeClock();
  const discarded: number[] = [];
  const handle = createRetry<string, number>({
    clock,
    attempts: given.attempts ?? 2,
    backoff: 100,
    budget: new RetryBudget(given.share ?? 0.2, clock),
    random: given.random ?? (() => 0.5),
    again: (request, error) => request === 'again' && (error as Error).message === 'down',
    againAnswer: (request, answer) => request === 'again' && answer === 503,
    discard: (answer) => discarded.push(answer),
  })(next);
  return { clock, handle, discarded };
}

/** Answers the tries one by one; an Error is thrown. */
function outcomes(...list: (number | Error)[]) {
  const times: number[] = [];
  const clockless = { times, count: 0 };
  const next: Handler<string, number> = async () => {
    const outcome = list[Math.min(clockless.count++, list.length - 1)] as number | Error;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { next, tries: clockless };
}

describe('retry', () => {
  it('tries again after a wait that doubles, and gives the first good answer', async () => {
    const { next, tries } = outcomes(new Error('down'), new Error('down'), 200);
    const { clock, handle } = retrying(next);
    const answer = handle('again', policyScope());
    await clock.pass(49);
    expect(tries.count).toBe(1);
    await clock.pass(1);
    expect(tries.count).toBe(2);
    await clock.pass(99);
    expect(tries.count).toBe(2);
    await clock.pass(1);
    expect(await answer).toBe(200);
    expect(clock.pending).toBe(0);
  });

  it('lets the last failure through when tries run out', async () => {
    const { next, tries } = outcomes(new Error('down'));
    const { clock, handle } = retrying(next);
    const answer = handle('again', policyScope());
    answer.catch(() => {});
    await clock.pass(1000);
    await expect(answer).rejects.toThrow('down');
    expect(tries.count).toBe(3);
  });

  it('discards the answers that it replaces, and gives the last one as it is', async () => {
    const { next } = outcomes(503);
    const { clock, handle, discarded } = retrying(next);
    const answer = handle('again', policyScope());
    await clock.pass(1000);
    expect(await answer).toBe(503);
    expect(discarded).toEqual([503, 503]);
  });

  it('leaves alone what is not to be tried again', async () => {
    const { next, tries } = outcomes(503, new Error('down'), new Error('other'));
    const { handle } = retrying(next);
    expect(await handle('once', policyScope())).toBe(503);
    await expect(handle('once', policyScope())).rejects.toThrow('down');
    await expect(handle('again', policyScope())).rejects.toThrow('other');
    expect(tries.count).toBe(3);
  });

  it('does not begin a wait that ends after the deadline', async () => {
    const { next, tries } = outcomes(503);
    const { handle, discarded } = retrying(next);
    expect(await handle('again', policyScope(50))).toBe(503);
    expect(tries.count).toBe(1);
    expect(discarded).toEqual([]);
  });

  it('stops waiting when the client goes away', async () => {
    const { next, tries } = outcomes(new Error('down'));
    const { clock, handle } = retrying(next);
    const scope = policyScope();
    const answer = handle('again', scope);
    answer.catch(() => {});
    await clock.pass(10);
    scope.leave();
    await expect(answer).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(clock.pending).toBe(0);
    expect(tries.count).toBe(1);
  });
});

describe('the retry budget', () => {
  it('gives low traffic its few retries', () => {
    const budget = new RetryBudget(0.2, new FakeClock());
    budget.deposit();
    const granted = Array.from({ length: 30 }, () => budget.withdraw()).filter(Boolean).length;
    expect(granted).toBe(10);
  });

  it('allows the share of the calls of the last ten seconds', () => {
    const clock = new FakeClock();
    const budget = new RetryBudget(0.2, clock);
    for (let i = 0; i < 1000; i++) budget.deposit();
    const grants = () => Array.from({ length: 1000 }, () => budget.withdraw()).filter(Boolean).length;
    expect(grants()).toBe(200);
    expect(grants()).toBe(0);
    clock.advance(10_000);
    expect(grants()).toBe(10);
  });

  it('allows none at 0%', () => {
    expect(new RetryBudget(0, new FakeClock()).withdraw()).toBe(false);
  });
});
