import { describe, expect, it } from 'vitest';
import type { Handler } from '../../src/kernel/handler.ts';
import { createStale } from '../../src/policy/stale.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { policyScope } from './scope.ts';

interface Request {
  readonly key: string | undefined;
  readonly maxAge: number;
}

function staleOver(next: Handler<Request, string>, capacity = 1000) {
  const clock = new FakeClock();
  const discarded: string[] = [];
  const handle = createStale<Request, string, string>({
    clock,
    capacity,
    key: (request) => request.key,
    maxAge: (request) => request.maxAge,
    judge: async (_request, answer, keep) => {
      if (answer.startsWith('bad')) return { answer, failure: new Error('was bad') };
      if (answer.startsWith('good')) keep({ value: answer, size: answer.length });
      return { answer };
    },
    standsInFor: (error) => (error as Error).message === 'down',
    revive: (kept, age, failure) => `${kept}, ${age} ms old, for: ${failure.message}`,
    discard: (answer) => discarded.push(answer),
  })(next);
  return { clock, handle, discarded };
}

function inTurn(...list: (string | Error)[]): Handler<Request, string> {
  return async () => {
    const outcome = list.shift();
    if (typeof outcome !== 'string') throw outcome ?? new Error('nothing left');
    return outcome;
  };
}

const request = (key: string | undefined = 'k', maxAge = 1000): Request => ({ key, maxAge });

describe('stale answers', () => {
  it('stand in for an error and for a bad answer, up to their age', async () => {
    const { clock, handle, discarded } = staleOver(
      inTurn('good 1', new Error('down'), 'bad', new Error('down')),
    );
    await handle(request(), policyScope());
    clock.advance(400);
    expect(await handle(request(), policyScope())).toBe('good 1, 400 ms old, for: down');
    clock.advance(600);
    expect(await handle(request(), policyScope())).toBe('good 1, 1000 ms old, for: was bad');
    expect(discarded).toEqual(['bad']);
    clock.advance(1);
    await expect(handle(request(), policyScope())).rejects.toThrow('down');
  });

  it('are always the newest good one', async () => {
    const { handle } = staleOver(inTurn('good 1', 'good 2', 'other', new Error('down')));
    for (let i = 0; i < 3; i++) await handle(request(), policyScope());
    expect(await handle(request(), policyScope())).toMatch(/^good 2,/);
  });

  it('are not given to another request, nor to one that wants none', async () => {
    const { handle } = staleOver(inTurn('good 1', new Error('down'), new Error('down')));
    await handle(request('a'), policyScope());
    await expect(handle(request('b'), policyScope())).rejects.toThrow('down');
    await expect(handle({ key: undefined, maxAge: 1000 }, policyScope())).rejects.toThrow('down');
  });

  it('leave errors alone that are not the service failing', async () => {
    const { handle } = staleOver(inTurn('good 1', new Error('client left')));
    await handle(request(), policyScope());
    await expect(handle(request(), policyScope())).rejects.toThrow('client left');
  });

  it('let a bad answer through when there is nothing better', async () => {
    const { handle, discarded } = staleOver(inTurn('bad'));
    expect(await handle(request(), policyScope())).toBe('bad');
    expect(discarded).toEqual([]);
  });

  it('stay within their capacity, the least recently used going first', async () => {
    const { handle } = staleOver(
      inTurn('good a', 'good b', 'good c', new Error('down'), new Error('down')),
      20,
    );
    for (const key of ['a', 'b', 'c']) await handle(request(key), policyScope());
    await expect(handle(request('a'), policyScope())).rejects.toThrow('down');
    expect(await handle(request('c'), policyScope())).toMatch(/^good c/);
  });
});
