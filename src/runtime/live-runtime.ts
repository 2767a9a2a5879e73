import type { Logger } from '../observe/logger.ts';
import type { Runtime } from './compile-runtime.ts';

/** The runtime that answers now. */
export interface LiveRuntime {
  current(): Runtime;
  /** New requests see `next` at once; those in flight end where they began, and then the old one is let go. */
  swap(next: Runtime): void;
  /** Lets go of the current one too; resolves when everything has been. */
  close(): Promise<void>;
}

export function createLiveRuntime(first: Runtime, logger: Logger): LiveRuntime {
  let current = first;
  const retiring = new Set<Promise<void>>();

  function retire(runtime: Runtime): void {
    const done = runtime
      .retire()
      .catch((error) => logger.error({ err: error }, 'an old runtime could not be let go cleanly'))
      .finally(() => retiring.delete(done));
    retiring.add(done);
  }

  return {
    current: () => current,
    swap(next) {
      const old = current;
      current = next;
      retire(old);
    },
    async close() {
      retire(current);
      await Promise.all(retiring);
    },
  };
}
