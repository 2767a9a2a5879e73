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

/** Drives a bulkhead by random steps. */
class Drill {
  readonly made = bounded(3, 4);
  readonly #held: Answer[] = [];
  readonly #scopes: ReturnType<typeof policyScope>[] = [];
  #count = 0;

  call(): void {
    const scope = policyScope();
    this.#scopes.push(scope);
    this.made.handle(`${this.#count++}`, scope).then(
      (answer) => this.#held.push(answer),
      () => {},
    );
  }

  answer(index: number): void {
    this.#take(index)?.resolve({ text: 'x' });
  }

  fail(index: number): void {
    this.#take(index)?.reject(new Error('down'));
  }

  leave(index: number): void {
    this.#scopes[index % Math.max(1, this.#scopes.length)]?.leave();
  }

  release(index: number): void {
    this.#held.splice(index % Math.max(1, this.#held.length), 1)[0]?.release?.();
  }

  #take(index: number) {
    const names = [...this.made.outcomes.keys()];
    const name = names[index % Math.max(1, names.length)] ?? '';
    const outcome = this.made.outcomes.get(name);
    this.made.outcomes.delete(name);
    return outcome;
  }
}

it('never lets too many in and never loses a place, whatever happens in whatever order', async () => {
  const index = fc.nat(30);
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant((drill: Drill) => drill.call()) },
    { weight: 1, arbitrary: index.map((i) => (drill: Drill) => drill.answer(i)) },
    { weight: 1, arbitrary: index.map((i) => (drill: Drill) => drill.fail(i)) },
    { weight: 1, arbitrary: index.map((i) => (drill: Drill) => drill.leave(i)) },
    { weight: 1, arbitrary: index.map((i) => (drill: Drill) => drill.release(i)) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const drill = new Drill();
      const { bulkhead, settle } = drill.made;
      for (const take of steps) {
        take(drill);
        await settle();
        expect(bulkhead.running).toBeLessThanOrEqual(3);
        expect(bulkhead.waiting).toBeLessThanOrEqual(4);
        expect(bulkhead.running === 3 || bulkhead.waiting === 0).toBe(true);
      }
      // More rounds than there can be calls: whoever still waits then has lost its place.
      for (let round = 0; round < 100 && bulkhead.running > 0; round++) {
        drill.fail(0);
        drill.release(0);
        await settle();
      }
      expect([bulkhead.running, bulkhead.waiting]).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
});
