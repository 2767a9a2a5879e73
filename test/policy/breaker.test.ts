import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker, type BreakerState, createBreakerLayer, type Verdict } from '../../src/policy/breaker.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { deferred, policyScope } from './scope.ts';

function makeBreaker(given: Partial<{ failureRate: number; minimum: number }> = {}) {
  const clock = new FakeClock();
  const states: BreakerState[] = [];
  const breaker = new Breaker({
    clock,
    failureRate: 0.5,
    window: 10_000,
    minimum: 4,
    openFor: 5000,
    onState: (state) => states.push(state),
    ...given,
  });
  const run = (...verdicts: Verdict[]) => {
    for (const verdict of verdicts) {
      const permit = breaker.enter();
      if (permit === undefined) throw new Error('refused');
      breaker.leave(permit, verdict);
    }
  };
  return { clock, breaker, states, run };
}

describe('a closed breaker', () => {
  it('stays closed below the minimum of calls, however bad they are', () => {
    const { breaker, run } = makeBreaker();
    run('bad', 'bad', 'bad');
    expect(breaker.state).toBe('closed');
  });

  it('opens when the share of failures reaches the rate', () => {
    const { breaker, run } = makeBreaker();
    run('good', 'good', 'bad', 'good', 'bad');
    expect(breaker.state).toBe('closed');
    run('bad');
    expect(breaker.state).toBe('open');
    expect(breaker.enter()).toBeUndefined();
  });

  it('forgets failures that are older than the window', () => {
    const { breaker, clock, run } = makeBreaker();
    run('bad', 'bad', 'bad');
    clock.advance(11_000);
    run('bad');
    expect(breaker.state).toBe('closed');
  });

  it('counts nothing that says nothing', () => {
    const { breaker, run } = makeBreaker();
    run('bad', 'bad', 'bad', 'none', 'none');
    expect(breaker.state).toBe('closed');
  });

  it('can be told to open only when every call fails', () => {
    const { breaker, run } = makeBreaker({ failureRate: 1 });
    run('good', 'bad', 'bad', 'bad', 'bad', 'bad');
    expect(breaker.state).toBe('closed');
  });
});

describe('an open breaker', () => {
  it('lets one call through after its time, and closes if that is well', () => {
    const { breaker, clock, run, states } = makeBreaker();
    run('bad', 'bad', 'bad', 'bad');
    clock.advance(4999);
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.remaining).toBe(1);
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
    const probe = breaker.enter();
    expect(probe).toBeDefined();
    expect(breaker.enter()).toBeUndefined();
    breaker.leave(probe as number, 'good');
    expect(breaker.state).toBe('closed');
    run('bad', 'bad', 'bad');
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens anew for the whole time if the probe fails', () => {
    const { breaker, clock, run } = makeBreaker();
    run('bad', 'bad', 'bad', 'bad');
    clock.advance(5000);
    run('bad');
    clock.advance(4999);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1);
    expect(breaker.enter()).toBeDefined();
  });

  it('gives the place of a probe that says nothing to the next call', () => {
    const { breaker, clock, run } = makeBreaker();
    run('bad', 'bad', 'bad', 'bad');
    clock.advance(5000);
    run('none', 'none', 'good');
    expect(breaker.state).toBe('closed');
  });

  it('does not listen to calls from before it changed', () => {
    const { breaker, clock, run } = makeBreaker();
    const old = [0, 1, 2, 3, 4].map(() => breaker.enter() as number);
    run('bad', 'bad', 'bad', 'bad');
    breaker.leave(old[0] as number, 'good');
    expect(breaker.state).toBe('open');
    clock.advance(5000);
    run('good');
    for (const permit of old.slice(1)) breaker.leave(permit, 'bad');
    expect(breaker.state).toBe('closed');
  });
});

/** Drives a breaker by random steps, and knows which permits are out and which of them are probes. */
class Drill {
  readonly made = makeBreaker();
  readonly out: { permit: number; probe: boolean }[] = [];

  enter(): void {
    const { breaker } = this.made;
    const open = breaker.state !== 'closed';
    const permit = breaker.enter();
    if (permit !== undefined) this.out.push({ permit, probe: open });
  }

  leave(index: number, verdict: Verdict): void {
    const [call] = this.out.splice(index % Math.max(1, this.out.length), 1);
    if (call) this.made.breaker.leave(call.permit, verdict);
  }

  get probes(): number {
    return this.out.filter((call) => call.probe).length;
  }
}

it('never lets a second call in while one is on probation, and never gets stuck', () => {
  const verdict = fc.constantFrom<Verdict>('good', 'bad', 'none');
  const step = fc.oneof(
    fc.constant((drill: Drill) => drill.enter()),
    fc.tuple(fc.nat(20), verdict).map(
      ([index, said]) =>
        (drill: Drill) =>
          drill.leave(index, said),
    ),
    fc.integer({ min: 1, max: 6000 }).map((ms) => (drill: Drill) => drill.made.clock.advance(ms)),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const drill = new Drill();
      for (const take of steps) {
        take(drill);
        expect(drill.probes).toBeLessThanOrEqual(1);
      }
      while (drill.out.length > 0) drill.leave(0, 'none');
      drill.made.clock.advance(5000);
      expect(drill.made.breaker.enter()).toBeDefined();
    }),
  );
});

describe('the breaker as a layer', () => {
  const layerOf = (breaker: Breaker) =>
    createBreakerLayer<string, number>(breaker, {
      judgeAnswer: (status) => (status >= 500 ? 'bad' : 'good'),
      judgeError: (error) => ((error as Error).message === 'left' ? 'none' : 'bad'),
      refused: (seconds) => new Error(`open for ${seconds} s`),
    });

  it('refuses at once while open, and says for how many seconds', async () => {
    const { breaker, clock } = makeBreaker();
    let calls = 0;
    const handle = layerOf(breaker)(async () => {
      calls++;
      return 500;
    });
    for (let i = 0; i < 4; i++) await handle('x', policyScope());
    clock.advance(1500);
    await expect(handle('x', policyScope())).rejects.toThrow('open for 4 s');
    expect(calls).toBe(4);
  });

  it('is not left half open by a probe whose client goes away', async () => {
    const { breaker, clock, run } = makeBreaker();
    run('bad', 'bad', 'bad', 'bad');
    clock.advance(5000);
    const answer = deferred<number>();
    const handle = layerOf(breaker)(() => answer.promise);
    const probe = handle('x', policyScope());
    await expect(handle('x', policyScope())).rejects.toThrow('open for 1 s');
    answer.reject(new Error('left'));
    await expect(probe).rejects.toThrow('left');
    const next = layerOf(breaker)(async () => 200);
    expect(await next('x', policyScope())).toBe(200);
    expect(breaker.state).toBe('closed');
  });
});
