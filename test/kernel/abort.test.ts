import { describe, expect, it, vi } from 'vitest';
import {
  abortError,
  listenForAbort,
  nativeSignal,
  type Signal,
  SignalSource,
} from '../../src/kernel/abort.ts';
import { GatewayError } from '../../src/kernel/error.ts';

const REASON = new GatewayError('DEADLINE_EXCEEDED', 'Gateway timeout');

function light(): { signal: Signal; abort(reason: Error): void } {
  const source = new SignalSource();
  return { signal: source, abort: (reason) => source.abort(reason) };
}

function native(): { signal: Signal; abort(reason: Error): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

function asNative(): { signal: Signal; abort(reason: Error): void } {
  const source = new SignalSource();
  return { signal: source.native, abort: (reason) => source.abort(reason) };
}

describe.each([
  ['a light signal', light],
  ['a native one', native],
  ['a native one of a light one', asNative],
])('%s', (_kind, create) => {
  it('tells each listener once, in their order, with the first reason', () => {
    const { signal, abort } = create();
    const heard: string[] = [];
    const twice = () => heard.push('twice added');
    listenForAbort(signal, () => heard.push('function'));
    listenForAbort(signal, { handleEvent: () => heard.push('object') });
    listenForAbort(signal, twice);
    listenForAbort(signal, twice);
    expect(signal.aborted).toBe(false);
    abort(REASON);
    abort(new Error('later'));
    expect(heard).toEqual(['function', 'object', 'twice added']);
    expect([signal.aborted, signal.reason]).toEqual([true, REASON]);
    expect(abortError(signal)).toBe(REASON);
  });

  it('shows itself aborted to listeners, and tells none that come then', () => {
    const { signal, abort } = create();
    const seen: unknown[] = [];
    listenForAbort(signal, () => {
      seen.push(signal.aborted, signal.reason);
      listenForAbort(signal, () => seen.push('too late'));
    });
    abort(REASON);
    listenForAbort(signal, () => seen.push('too late'));
    expect(seen).toEqual([true, REASON]);
  });

  it('tells none that was taken off, be it by another one on the way', () => {
    const { signal, abort } = create();
    const heard: number[] = [];
    const listeners = [0, 1, 2, 3].map((index) => () => {
      heard.push(index);
      signal.removeEventListener('abort', listeners[2] as () => void);
    });
    listenForAbort(signal, listeners[0] as () => void);
    signal.removeEventListener('abort', listeners[0] as () => void);
    for (const listener of listeners) listenForAbort(signal, listener);
    signal.removeEventListener('abort', listeners[1] as () => void);
    abort(REASON);
    expect(heard).toEqual([0, 3]);
  });

  it('tells the others when one throws, and the process of what it threw', async () => {
    const { signal, abort } = create();
    const uncaught = new Promise((resolve) => {
      const before = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of before) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    const fault = new Error('fault');
    const last = vi.fn();
    listenForAbort(signal, () => {
      throw fault;
    });
    listenForAbort(signal, last);
    abort(REASON);
    expect(last).toHaveBeenCalledOnce();
    expect(await uncaught).toBe(fault);
  });

  it('takes any number of listeners without a warning', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const { signal, abort } = create();
    const heard = vi.fn();
    for (let i = 0; i < 100; i++) listenForAbort(signal, () => heard());
    abort(REASON);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    expect(heard).toHaveBeenCalledTimes(100);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('nativeSignal', () => {
  it('gives one and the same signal of a source, before and after its abort', () => {
    const source = new SignalSource();
    const signal = nativeSignal(source);
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(nativeSignal(source)).toBe(signal);
    source.abort(REASON);
    expect([signal.aborted, signal.reason]).toEqual([true, REASON]);
    const late = new SignalSource();
    late.abort(REASON);
    expect(() => nativeSignal(late).throwIfAborted()).toThrow(REASON);
  });

  it('gives back what is native, and refuses what is neither', () => {
    const { signal } = new AbortController();
    expect(nativeSignal(signal)).toBe(signal);
    const foreign = { aborted: false, reason: undefined, addEventListener() {}, removeEventListener() {} };
    expect(() => nativeSignal(foreign)).toThrow(TypeError);
  });
});

it('says that the client went away where a native signal has a reason of its own', () => {
  expect(abortError(AbortSignal.abort())).toMatchObject({ code: 'CLIENT_CLOSED', cause: expect.anything() });
});
