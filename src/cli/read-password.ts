import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandFailure } from './failure.ts';

/**
 * A password from standard input (all of it, but for the end of the line), or typed twice by a person, unseen. Never
 * from the command line, where other users of the machine could read it. Throws `CommandFailure`.
 */
export async function readPassword(fromStdin: boolean): Promise<string> {
  if (fromStdin) return (await text(process.stdin)).replace(/\r?\n$/, '');
  if (!process.stdin.isTTY) {
    throw new CommandFailure(['there is nobody to ask for a password; pipe it in with --password-stdin'], 2);
  }
  const first = await ask('Password: ');
  if (first !== (await ask('Once more: '))) throw new CommandFailure(['the two are not the same']);
  return first;
}

function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => {
      lines.close();
      reject(new CommandFailure(['nothing was changed']));
    });
    lines.question('', (answer) => {
      process.stderr.write('\n');
      lines.close();
      resolve(answer);
    });
  });
}
