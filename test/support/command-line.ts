import { vi } from 'vitest';
import { runCommand } from '../../src/cli/run-command.ts';
import type { Finished } from './portico-process.ts';

/**
 * Runs a command of the real command line to its end within this process, which takes a twentieth of the time of
 * one in its own. For commands that serve nothing; one at a time, since the working directory is the process's.
 */
export async function runHere(args: readonly string[], cwd: string): Promise<Finished> {
  const before = process.cwd();
  const stdout = collect('stdout');
  const stderr = collect('stderr');
  process.chdir(cwd);
  try {
    const code = await runCommand(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(before);
    stdout.restore();
    stderr.restore();
  }
}

function collect(stream: 'stdout' | 'stderr'): { text(): string; restore(): void } {
  let text = '';
  const spy = vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  return { text: () => text, restore: () => spy.mockRestore() };
}
