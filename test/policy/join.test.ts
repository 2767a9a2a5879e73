import { describe, expect, it } from 'vitest';
import { abortError } from '../../src/kernel/abort.ts';
import type { Scope } from '../../src/kernel/scope.ts';
import { Joins } from '../../src/policy/join.ts';
import { deferred, policyScope } from './scope.ts';

/** Work that lasts until it is settled by hand; it fails when its scope ends. */
function joining() {
  const runs: { scope: Scope; outcome: ReturnType<typeof deferred<string>> }[] = [];
  const work = (_request: string, scope: Scope) => {
    const outcome = deferred<string>();
    runs.push({ scope, outcome });
    const end = () => outcome.reject(abortError(scope.signal));
    if (scope.signal.aborted) end();
    scope.signal.addEventListener('abort', end);
    return outcome.promise;
  };
  const joins = new Joins(work);
  const run = (key: string, scope: Scope = policyScope()) =>
    new Promise<string>((receive, fail) => joins.run(key, 'request', scope, { receive, fail }));
  return { runs, run };
}

/** Work that is over before this is has had nothing to wait for. */
const turnEnds = () => new Promise((resolve) => setImmediate(resolve));

describe('joining', () => {
  it('does the work of equal keys once, and that of others by itself', async () => {
    const { runs, run } = joining();
    const same = [run('a'), run('a'), run('a')];
    const other = run('b');
    expect(runs).toHaveLength(2);
    runs[0]?.outcome.resolve('A');
    runs[1]?.outcome.resolve('B');
    expect(await Promise.all(same)).toEqual(['A', 'A', 'A']);
    expect(await other).toBe('B');
  });

  it('starts afresh once there is a result', async () => {
    const { runs, run } = joining();
    const first = run('a');
    await turnEnds();
    runs[0]?.outcome.resolve('A');
    await first;
    const second = run('a');
    expect(runs).toHaveLength(2);
    runs[1]?.outcome.resolve('again');
    expect(await second).toBe('again');
  });

  it('tells all of a failure, and then starts afresh', async () => {
    const { runs, run } = joining();
    const all = [run('a'), run('a')];
    await turnEnds();
    runs[0]?.outcome.reject(new Error('down'));
    for (const one of all) await expect(one).rejects.toThrow('down');
    void run('a');
    expect(runs).toHaveLength(2);
  });

  it('puts off work that has had nothing to wait for to the end of the turn, for all who come in it', async () => {
    const { runs, run } = joining();
    const first = run('a');
    runs[0]?.outcome.resolve('A');
    await first;
    const all = [run('a'), run('a'), run('b')];
    expect(runs).toHaveLength(1);
    await turnEnds();
    expect(runs).toHaveLength(3);
    await turnEnds();
    runs[1]?.outcome.resolve('A');
    runs[2]?.outcome.resolve('B');
    expect(await Promise.all(all)).toEqual(['A', 'A', 'B']);
    void run('a');
    expect(runs).toHaveLength(4);
  });

  it('lets many out by turns, in their order, and listens in between', async () => {
    const { runs, run } = joining();
    const out: (number | string)[] = [];
    const all = Array.from({ length: 40 }, (_, number) => run('a').then(() => out.push(number)));
    runs[0]?.outcome.resolve('A');
    await all[0];
    setImmediate(() => out.push('somebody else'));
    await Promise.all(all);
    expect(out.filter((one) => one !== 'somebody else')).toEqual(all.map((_, number) => number));
    expect(out.indexOf('somebody else')).toBeLessThan(40);
  });

  it('lets new work send first, and then the others out in portions', async () => {
    const { runs, run } = joining();
    const turns: number[][] = [[]];
    const all = Array.from({ length: 70 }, (_, number) => run('a').then(() => turns.at(-1)?.push(number)));
    await turnEnds();
    runs[0]?.outcome.resolve('A');
    await all[0];
    void run('a');
    expect(runs).toHaveLength(2);
    let outBefore: number | undefined;
    setImmediate(() => {
      outBefore = turns.flat().length;
    });
    while (turns.flat().length < all.length) {
      await turnEnds();
      turns.push([]);
    }
    expect(outBefore).toBe(1);
    expect(turns.map(({ length }) => length)).toEqual([1, 20, 20, 20, 9, 0]);
    expect(turns.flat()).toEqual(all.map((_, number) => number));
  });

  it('lets go of one who leaves between two turns', async () => {
    const { runs, run } = joining();
    const leaving = policyScope();
    const all = Array.from({ length: 20 }, () => run('a'));
    const last = run('a', leaving);
    runs[0]?.outcome.resolve('A');
    await all[0];
    leaving.leave();
    await expect(last).rejects.toThrow();
    expect(await Promise.all(all)).toEqual(all.map(() => 'A'));
  });

  it('does not end at the deadline of the one who was first', () => {
    const { runs, run } = joining();
    void run('a', { ...policyScope(), deadline: 5 });
    expect(runs[0]?.scope.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('leaves no listener behind', async () => {
    const { runs, run } = joining();
    const scope = policyScope();
    const listeners = new Set<unknown>();
    const watched: Scope = {
      ...scope,
      signal: {
        aborted: false,
        reason: undefined,
        addEventListener: (_type, listener) => void listeners.add(listener),
        removeEventListener: (_type, listener) => void listeners.delete(listener),
      },
    };
    const good = run('a', watched);
    const bad = run('b', watched);
    expect(listeners.size).toBe(2);
    runs[0]?.outcome.resolve('A');
    runs[1]?.outcome.reject(new Error('down'));
    await good;
    await expect(bad).rejects.toThrow('down');
    expect(listeners.size).toBe(0);
  });
});

describe('leaving', () => {
  it('takes nobody else along, not even when the first one leaves', async () => {
    const { runs, run } = joining();
    const first = policyScope();
    const left = run('a', first);
    const stays = run('a');
    first.leave();
    expect(runs[0]?.scope.signal.aborted).toBe(false);
    await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    runs[0]?.outcome.resolve('A');
    expect(await stays).toBe('A');
  });

  it('gives who leaves others behind what its own work comes to under its ended scope', async () => {
    const { runs, run } = joining();
    const scope = policyScope();
    const left = run('a', scope);
    void run('a');
    scope.leave();
    expect(runs).toHaveLength(2);
    expect(runs[1]?.scope).toBe(scope);
    await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('aborts the work when nobody is left, who gets what comes of it', async () => {
    const { runs, run } = joining();
    const scopes = [policyScope(), policyScope()];
    const all = scopes.map((scope) => run('a', scope));
    scopes[0]?.leave();
    scopes[1]?.leave();
    expect(runs[0]?.scope.signal.aborted).toBe(true);
    for (const one of all) await expect(one).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('ends work that has been put off, too', async () => {
    const { runs, run } = joining();
    const short = run('a');
    runs[0]?.outcome.resolve('A');
    await short;
    const scope = policyScope();
    const left = run('a', scope);
    scope.leave();
    const late = run('a');
    await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    await turnEnds();
    expect(runs.map((one) => one.scope.signal.aborted)).toEqual([false, true, false]);
    runs[2]?.outcome.resolve('again');
    expect(await late).toBe('again');
  });

  it('begins anew for who comes after the last one has left', async () => {
    const { runs, run } = joining();
    const scope = policyScope();
    const left = run('a', scope);
    scope.leave();
    const late = run('a');
    expect(runs).toHaveLength(2);
    await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    // The end of the old work is none of the new one's business.
    const joined = run('a');
    expect(runs).toHaveLength(2);
    runs[1]?.outcome.resolve('A');
    expect(await Promise.all([late, joined])).toEqual(['A', 'A']);
  });

  it('joins nobody whose scope has ended before', async () => {
    const { runs, run } = joining();
    const scope = policyScope();
    scope.leave();
    const stays = run('a');
    await expect(run('a', scope)).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    runs[0]?.outcome.resolve('A');
    expect(await stays).toBe('A');
  });
});
