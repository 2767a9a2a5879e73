import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type Clock, systemClock, type Timer } from '../kernel/clock.ts';
import type { Sources } from './source-files.ts';

export interface WatchOptions {
  /** What to watch; asked again after each change. */
  list(): Promise<Sources>;
  /** Called when what the files hold has changed, one call at a time. */
  onChange(): Promise<void>;
  /** Milliseconds of quiet after an event: an editor writes, renames and touches for one save. */
  readonly quiet?: number;
  readonly clock?: Clock;
}

/**
 * Watches files by the folders they are in, so that an editor that replaces a file is noticed as well as one that
 * writes into it. What is compared is the content: an event alone changes nothing.
 */
export async function watchFiles(options: WatchOptions): Promise<{ close(): void }> {
  const watcher = new Watcher(options);
  await watcher.begin();
  return watcher;
}

class Watcher {
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #folders = new Map<string, FSWatcher>();
  #content = '';
  #timer: Timer | undefined;
  #busy = false;
  #again = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  async begin(): Promise<void> {
    this.#content = await this.#look();
    // What was saved between the first look and the watch on its folder gave no event.
    this.#poke();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #poke(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    this.#timer = this.#clock.after(this.#options.quiet ?? 80, () => void this.#compare());
  }

  async #compare(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      const content = await this.#look();
      if (content !== this.#content && !this.#closed) {
        this.#content = content;
        await this.#options.onChange();
      }
    } finally {
      this.#busy = false;
    }
    if (this.#again) {
      this.#again = false;
      this.#poke();
    }
  }

  /** A fingerprint of everything that is watched; keeps the watched folders up to date on the way. */
  async #look(): Promise<string> {
    const { files, folders } = await this.#options.list();
    this.#follow(new Set(folders));
    const hash = createHash('sha256');
    for (const file of [...new Set(files)].sort()) {
      const content = await readFile(file).catch(() => undefined);
      hash.update(`${file}\0${content?.length ?? 'absent'}\0`).update(content ?? '');
    }
    return hash.digest('hex');
  }

  #follow(wanted: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#folders) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    if (this.#closed) return;
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#watchFolder(folder);
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, () => this.#poke());
      // A folder that goes away: look again, and watch it anew should it come back.
      watcher.on('error', () => {
        watcher.close();
        this.#folders.delete(folder);
        this.#poke();
      });
      this.#folders.set(folder, watcher);
    } catch {
      // Not there yet; whoever makes it makes a change in a folder above, which is watched.
    }
  }
}
