import { GatewayError } from '../../src/kernel/error.ts';
import type { Scope } from '../../src/kernel/scope.ts';

/** A bare scope, and the way to end it. */
export function policyScope(deadline = Number.POSITIVE_INFINITY): Scope & { leave(): void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    deadline,
    requestId: 'request-1',
    trace: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), flags: '01', state: '', baggage: '' },
    headers: [],
    leave: () => controller.abort(new GatewayError('CLIENT_CLOSED', 'The client went away')),
  };
}

/** A promise with its two ends. */
export function deferred<T>(): {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
