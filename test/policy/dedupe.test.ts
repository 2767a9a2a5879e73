import { describe, expect, it } from 'vitest';
import { abortError } from '../../src/kernel/abort.ts';
import type { Scope } from '../../src/kernel/scope.ts';
import { createDedupe } from '../../src/policy/dedupe.ts';
import { deferred, policyScope } from './scope.ts';

/** An answer whose body is read by calling `finish`. */
class Answer {
  readonly name: string;
  dropped: Error | undefined;
  #done: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  onDone(callback: () => void): void {
    this.#done.push(callback);
  }

  finish(): void {
    for (const callback of this.#done.splice(0)) callback();
  }

  drop(error: Error): void {
    this.dropped = error;
    this.finish();
  }
}

function joining(shareable = true) {
  const calls: { request: string; scope: Scope; outcome: ReturnType<typeof deferred<Answer>> }[] = [];
  const handle = createDedupe<string, Answer>({
    key: (request) => (request.startsWith('alone') ? undefined : request),
    share: (_request, answer) =>
      shareable ? (joined) => new Answer(`${answer.name} ${joined ? 'joined' : 'first'}`) : undefined,
    hold: (answer, done) => answer.onDone(done),
    drop: (answer, error) => answer.drop(error),
  })((request, scope) => {
    const outcome = deferred<Answer>();
    calls.push({ request, scope, outcome });
    scope.signal.addEventListener('abort', () => outcome.reject(abortError(scope.signal)));
    return outcome.promise;
  });
  return { calls, handle };
}

describe('joining', () => {
  it('makes one call of equal requests, and gives every caller its own copy', async () => {
    const { calls, handle } = joining();
    const answers = [1, 2, 3].map(() => handle('a', policyScope()));
    const other = handle('b', policyScope());
    expect(calls.map((call) => call.request)).toEqual(['a', 'b']);
    calls[0]?.outcome.resolve(new Answer('A'));
    calls[1]?.outcome.resolve(new Answer('B'));
    const names = (await Promise.all(answers)).map((answer) => answer.name);
    expect(names).toEqual(['A first', 'A joined', 'A joined']);
    expect((await other).name).toBe('B');
  });

  it('keeps those apart that must go alone', () => {
    const { calls, handle } = joining();
    void handle('alone', policyScope());
    void handle('alone', policyScope());
    expect(calls).toHaveLength(2);
  });

  it('hands a lone caller the answer itself', async () => {
    const { calls, handle } = joining();
    const answer = handle('a', policyScope());
    const original = new Answer('A');
    calls[0]?.outcome.resolve(original);
    expect(await answer).toBe(original);
  });

  it('begins a new call once the answer has begun', async () => {
    const { calls, handle } = joining();
    const first = handle('a', policyScope());
    calls[0]?.outcome.resolve(new Answer('A'));
    await first;
    void handle('a', policyScope());
    expect(calls).toHaveLength(2);
  });

  it('tells all callers of a failure, and then starts afresh', async () => {
    const { calls, handle } = joining();
    const answers = [handle('a', policyScope()), handle('a', policyScope())];
    calls[0]?.outcome.reject(new Error('down'));
    for (const answer of answers) await expect(answer).rejects.toThrow('down');
    void handle('a', policyScope());
    expect(calls).toHaveLength(2);
  });

  it('lets callers make their own calls where an answer cannot be shared', async () => {
    const { calls, handle } = joining(false);
    const answers = [handle('a', policyScope()), handle('a', policyScope()), handle('a', policyScope())];
    calls[0]?.outcome.resolve(new Answer('A'));
    await answers[0];
    expect(calls).toHaveLength(3);
    calls[1]?.outcome.resolve(new Answer('B'));
    calls[2]?.outcome.resolve(new Answer('C'));
    expect((await Promise.all(answers)).map((answer) => answer.name)).toEqual(['A', 'B', 'C']);
  });
});

describe('leaving a joined call', () => {
  it('takes nobody else along, not even when the first one leaves', async () => {
    const { calls, handle } = joining();
    const first = policyScope();
    const left = handle('a', first);
    const stays = handle('a', policyScope());
    first.leave();
    await expect(left).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(calls[0]?.scope.signal.aborted).toBe(false);
    calls[0]?.outcome.resolve(new Answer('A'));
    expect((await stays).name).toBe('A');
  });

  it('aborts the call when nobody is left, and who comes then gets a new one', async () => {
    const { calls, handle } = joining();
    const scopes = [policyScope(), policyScope()];
    const answers = scopes.map((scope) => handle('a', scope));
    scopes[0]?.leave();
    expect(calls[0]?.scope.signal.aborted).toBe(false);
    scopes[1]?.leave();
    expect(calls[0]?.scope.signal.aborted).toBe(true);
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    void handle('a', policyScope());
    expect(calls).toHaveLength(2);
    expect(calls[1]?.scope.signal.aborted).toBe(false);
  });

  it('drops only the copy of the one who leaves while reading', async () => {
    const { calls, handle } = joining();
    const scope = policyScope();
    const answers = [handle('a', scope), handle('a', policyScope())];
    calls[0]?.outcome.resolve(new Answer('A'));
    const [one, two] = await Promise.all(answers);
    scope.leave();
    expect(one?.dropped).toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(two?.dropped).toBeUndefined();
    expect(calls[0]?.scope.signal.aborted).toBe(false);
    two?.drop(new Error('enough'));
    expect(calls[0]?.scope.signal.aborted).toBe(true);
  });

  it('aborts the body of a lone caller who leaves while reading', async () => {
    const { calls, handle } = joining();
    const scope = policyScope();
    const answer = handle('a', scope);
    calls[0]?.outcome.resolve(new Answer('A'));
    await answer;
    scope.leave();
    expect(calls[0]?.scope.signal.aborted).toBe(true);
  });

  it('aborts nothing when a body has been read to its end', async () => {
    const { calls, handle } = joining();
    const scope = policyScope();
    const answer = handle('a', scope);
    calls[0]?.outcome.resolve(new Answer('A'));
    (await answer).finish();
    scope.leave();
    expect(calls[0]?.scope.signal.aborted).toBe(false);
  });

  it('refuses who has left before calling', async () => {
    const { calls, handle } = joining();
    const scope = policyScope();
    scope.leave();
    await expect(handle('a', scope)).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    expect(calls).toHaveLength(0);
    void handle('a', policyScope());
    expect(calls).toHaveLength(1);
  });
});
