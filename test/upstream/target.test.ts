import { describe, expect, it } from 'vitest';
import type { Transport } from '../../src/upstream/http-transport.ts';
import { Target, TargetGroup } from '../../src/upstream/target.ts';
import { FakeClock } from '../support/fake-clock.ts';

const noTransport: Transport = {
  send: () => Promise.reject(new Error('not used')),
  destroy: () => Promise.resolve(),
};

function group(count: number, maxPercent = 50) {
  const clock = new FakeClock();
  const news: string[] = [];
  const targets = Array.from({ length: count }, (_, index) => new Target(`http://t${index}`, noTransport));
  const all = new TargetGroup(targets, {
    service: 'users',
    clock,
    ejection: { after: 3, for: 1000, maxPercent },
    observer: { target: ({ target, healthy }) => news.push(`${target} ${healthy ? 'in' : 'out'}`) },
  });
  const fail = (index: number, times: number) => {
    for (let i = 0; i < times; i++) all.failed(targets[index] as Target);
  };
  const open = () => all.candidates(undefined).map((target) => target.url);
  return { all, clock, fail, news, open, targets };
}

describe('ejection', () => {
  it('takes a target out after failures in a row, for its time', () => {
    const { clock, fail, news, open } = group(2);
    fail(0, 3);
    expect(open()).toEqual(['http://t1']);
    clock.advance(999);
    expect(open()).toEqual(['http://t1']);
    clock.advance(1);
    expect(open()).toEqual(['http://t0', 'http://t1']);
    expect(news).toEqual(['http://t0 out', 'http://t0 in']);
  });

  it('begins to count anew after a success', () => {
    const { all, fail, open, targets } = group(2);
    fail(0, 2);
    all.succeeded(targets[0] as Target);
    fail(0, 2);
    expect(open()).toHaveLength(2);
  });

  it('never takes out more than its share, and so never a lone target', () => {
    const { fail, open } = group(3);
    for (const index of [0, 1, 2]) fail(index, 10);
    expect(open()).toEqual(['http://t1', 'http://t2']);
    const lone = group(1);
    lone.fail(0, 100);
    expect(lone.open()).toEqual(['http://t0']);
    expect(lone.all.healthy(lone.targets[0] as Target)).toBe(false);
  });
});

describe('candidates', () => {
  it('are those not tried yet, and if there are none, all', () => {
    const { all, targets } = group(3);
    expect(all.candidates([targets[0] as Target]).map((target) => target.url)).toEqual([
      'http://t1',
      'http://t2',
    ]);
    expect(all.candidates(targets)).toHaveLength(3);
  });

  it('are none if the probe finds every target unwell', () => {
    const { all, targets } = group(2);
    for (const target of targets) all.probed(target, false, 'answered 500');
    expect(all.candidates(undefined)).toEqual([]);
    all.probed(targets[1] as Target, true, 'answered 200');
    expect(all.candidates(undefined)).toEqual([targets[1]]);
  });

  it('have a target back from ejection as soon as its probe recovers', () => {
    const { all, fail, open, targets } = group(2);
    fail(0, 3);
    all.probed(targets[0] as Target, false, 'down');
    all.probed(targets[0] as Target, true, 'up');
    expect(open()).toHaveLength(2);
  });
});
