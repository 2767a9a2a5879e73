import { describe, expect, it } from 'vitest';
import { createHashingPlace } from '../../src/admin/account/hashing-place.ts';
import { SignalSource } from '../../src/kernel/abort.ts';
import { GatewayError } from '../../src/kernel/error.ts';

/** Work that ends when it is told to. */
function work() {
  let finish = () => {};
  const running = { count: 0, most: 0 };
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const run = async () => {
    running.count++;
    running.most = Math.max(running.most, running.count);
    await gate;
    running.count--;
    return 'hashed';
  };
  return { run, running, finish: () => finish() };
}

describe('the place where passwords are hashed', () => {
  it('takes a few at a time, lets some wait, and turns away the rest', async () => {
    const place = createHashingPlace();
    const { run, running, finish } = work();

    const all = Array.from({ length: 100 }, () => place(run, undefined).catch((error: unknown) => error));
    await Promise.resolve();
    const most = running.most;
    finish();
    const results = await Promise.all(all);
    const refused = results.filter((result) => result instanceof GatewayError);

    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(4);
    expect(running.most).toBe(most);
    expect(results.filter((result) => result === 'hashed')).toHaveLength(64 + most);
    expect(refused[0]).toMatchObject({ code: 'UPSTREAM_OVERLOADED', status: 503, retryAfter: 1 });
    expect(await place(async () => 'free again', undefined)).toBe('free again');
  });

  it('does nothing for who has gone away while waiting, and keeps no place for what has failed', async () => {
    const place = createHashingPlace();
    const { run, running, finish } = work();
    const busy = Array.from({ length: 8 }, () => place(run, undefined));
    const signal = new SignalSource();
    const waiting = place(run, signal);

    signal.abort(new GatewayError('CLIENT_CLOSED', 'gone'));

    await expect(waiting).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    finish();
    await Promise.all(busy);
    expect(running.count).toBe(0);
    for (let i = 0; i < 8; i++) {
      await expect(place(() => Promise.reject(new Error('no')), undefined)).rejects.toThrow('no');
    }
    expect(await place(async () => 'free', undefined)).toBe('free');
  });
});
