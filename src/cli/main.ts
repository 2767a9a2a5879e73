#!/usr/bin/env node
import { runCommand } from './run-command.ts';

// `portico routes | head` closes the pipe when it has enough; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCommand(process.argv.slice(2));
