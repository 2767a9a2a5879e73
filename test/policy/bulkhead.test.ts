import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bulkhead, createBulkheadLayer } from '../../src/policy/bulkhead.ts';
import { deferred, policyScope } from './scope.ts';

interface Answer {
  readonly text: string;
  release?: () => void;
}

function bounded(concurrent: number, queued: number) {
  const bulkhead = new Bulkhead({ concurrent, queued });
  const begun: string[] = [];
  const outcomes = new Map<string, ReturnType<typeof deferred<Answer>>>();
  const handle = createBulkheadLayer<string, Answer>(bulkhead, {
    hold: (answer, release) => {
      answer.release = release;
    },
    full: () => new Error('full'),
  })((name) => {
    begun.push(name);
    const outcome = deferred<Answer>();
    outcomes.set(name, outcome);
    return outcome.promise;
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { bulkhead, begun, handle, outcomes, settle };
}

describe('a bulkhead', () => {
  it('lets so many in, makes so many wait in order, and refuses the rest', async () => {
    const { begun, handle, outcomes, settle } = bounded(2, 2);
    const calls = ['a', 'b', 'c', 'd'].map((name) => handle(name, policyScope()));
    await expect(handle('e', policyScope())).rejects.toThrow('full');
    expect(begun).toEqual(['a', 'b']);
    const answer: Answer = { text: 'a' };
    outcomes.get('a')?.resolve(answer);
    expect(await calls[0]).toBe(answer);
    await settle();
    expect(begun).toEqual(['a', 'b']);
    answer.release?.();
    await settle();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('gives the place on when a call fails', async () => {
    const { begun, bulkhead, handle, outcomes, settle } = bounded(1, 1);
    const first = handle('a', policyScope());
    const second = handle('b', policyScope());
    outcomes.get('a')?.reject(new Error('down'));
    await expect(first).rejects.toThrow('down');
    await settle();
    expect(begun).toEqual(['a', 'b']);
    outcomes.get('b')?.reject(new Error('down'));
    await expect(second).rejects.toThrow('down');
    expect(bulkhead.running).toBe(0);
  });

  it('forgets who goes away while waiting', async () => {
    const { begun, bulkhead, handle, outcomes, settle } = bounded(1, 1);
    const first = handle('a', policyScope());
    const scope = policyScope();
    const waiting = handle('b', scope);
    scope.leave();
    await expect(waiting).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(bulkhead.waiting).toBe(0);
    const answer: Answer = { text: 'a' };
    outcomes.get('a')?.resolve(answer);
    await first;
    answer.release?.();
    await settle();
    expect(begun).toEqual(['a']);
    expect(bulkhead.running).toBe(0);
  });

  it('turns all who wait away when told to', async () => {
    const { bulkhead, handle } = bounded(1, 5);
    void handle('a', policyScope());
    const waiting = ['b', 'c'].map((name) => handle(name, policyScope()));
    bulkhead.flush(new Error('open'));
    for (const call of waiting) await expect(call).rejects.toThrow('open');
    expect(bulkhead.waiting).toBe(0);
    expect(bulkhead.running).toBe(1);
  });
});

it('never lets too many in and never loses a place, whatever happens in whatever order', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('call' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('answer' as const, 'fail' as const, 'leave' as const, 'release' as const),
        index: fc.nat(30),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { bulkhead, handle, outcomes, settle } = bounded(3, 4);
      const held: Answer[] = [];
      const scopes: ReturnType<typeof policyScope>[] = [];
      let count = 0;
      const at = <T>(list: readonly T[], index: number) => list[index % Math.max(1, list.length)];
      const take = (index: number) => {
        const name = at([...outcomes.keys()], index);
        const outcome = name === undefined ? undefined : outcomes.get(name);
        if (name !== undefined) outcomes.delete(name);
        return outcome;
      };
      for (const one of steps) {
        if (one.do === 'call') {
          const scope = policyScope();
          scopes.push(scope);
          handle(`${count++}`, scope).then(
            (answer) => held.push(answer),
            () => {},
          );
        } else if (one.do === 'answer') take(one.index)?.resolve({ text: 'x' });
        else if (one.do === 'fail') take(one.index)?.reject(new Error('down'));
        else if (one.do === 'leave') at(scopes, one.index)?.leave();
        else held.splice(one.index % Math.max(1, held.length), 1)[0]?.release?.();
        await settle();
        expect(bulkhead.running).toBeLessThanOrEqual(3);
        expect(bulkhead.waiting).toBeLessThanOrEqual(4);
        if (bulkhead.running < 3) expect(bulkhead.waiting).toBe(0);
      }
      while (bulkhead.running > 0) {
        for (const name of [...outcomes.keys()])
          take([...outcomes.keys()].indexOf(name))?.reject(new Error('end'));
        for (const answer of held.splice(0)) answer.release?.();
        await settle();
      }
      expect(bulkhead.waiting).toBe(0);
    }),
    { numRuns: 60 },
  );
});
