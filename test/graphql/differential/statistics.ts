import type { Arena, Bout } from './arena.ts';
import type { GeneratedOperation } from './generate-operation.ts';

/** Counts what the generated cases are like, so that one can tell whether they are worth running. */
export class Statistics {
  readonly #counts = new Map<string, number>();
  #worlds = 0;
  #operations = 0;

  /** How much of a count there is for each operation that was run. */
  share(name: string): number {
    return (this.#counts.get(name) ?? 0) / this.#operations;
  }

  countWorld(arena: Arena): void {
    this.#worlds++;
    this.#add('SDL characters', arena.sdl.length);
  }

  /** `bout` is undefined for an operation that was not valid. */
  count({ text, pace }: GeneratedOperation, bout: Bout | undefined): void {
    if (bout === undefined) {
      this.#add('not valid', 1);
      return;
    }
    this.#operations++;
    const { outcome, calls } = bout.general;
    const batches = calls.filter((call) => call.includes('(batch)')).length;
    this.#add(`answers ${pace.kind}`, 1);
    this.#add('calls', calls.length);
    this.#add('characters of data', outcome?.data?.length ?? 0);
    this.#when('left to the general executor', bout.left);
    this.#when('given again', bout.tested.outcome?.returns === true);
    this.#when('no data', outcome !== undefined && outcome.data === undefined);
    this.#when('data null', outcome?.data === 'null');
    this.#when('some data', (outcome?.data?.length ?? 0) > 40);
    this.#when('errors', (outcome?.errors.length ?? 0) > 0);
    this.#when('errors and data', (outcome?.errors.length ?? 0) > 0 && (outcome?.data?.length ?? 0) > 40);
    this.#when('fallbacks', (outcome?.fallbacks.length ?? 0) > 0);
    this.#when('a batch', batches > 0);
    this.#when('batches', batches > 1);
    this.#when('mutation', text.startsWith('mutation'));
    this.#when('fragments', text.includes('...'));
    this.#when('variables', text.includes('$'));
    for (const error of outcome?.errors ?? []) {
      this.#add(
        `error: ${error.message.replace(/[A-Z][0-9a-zA-Z]*\.\w+|"[^"]*"|\b[A-Z]\w*\d\b/g, '…').slice(0, 60)}`,
        1,
      );
    }
  }

  /** One line a count, by operation or in percent of them. */
  text(): string {
    const lines = [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `  ${name}: ${count} (${(count / this.#operations).toFixed(3)})`);
    return [`${this.#worlds} worlds, ${this.#operations} operations`, ...lines].join('\n');
  }

  #when(name: string, so: boolean): void {
    if (so) this.#add(name, 1);
  }

  #add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}
