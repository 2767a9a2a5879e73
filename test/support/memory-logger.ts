import { type Logger, pino } from 'pino';

/** A log that can be read back. */
export interface MemoryLog {
  readonly logger: Logger;
  /** Every line so far, parsed. */
  readonly lines: Record<string, unknown>[];
  /** The access lines: one for each request that is over. */
  requests(): Record<string, unknown>[];
  /** Resolves when `count` requests are over. */
  ended(count: number): Promise<void>;
}

/** A logger at level debug that keeps what it is told. */
export function memoryLogger(): MemoryLog {
  const lines: Record<string, unknown>[] = [];
  let waiters: (() => void)[] = [];
  const requests = () => lines.filter((line) => line.msg === 'request');
  const stream = {
    write(line: string) {
      lines.push(JSON.parse(line) as Record<string, unknown>);
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
  };
  return {
    logger: pino({ level: 'debug', base: null }, stream),
    lines,
    requests,
    async ended(count) {
      while (requests().length < count) await new Promise<void>((resolve) => waiters.push(resolve));
    },
  };
}
