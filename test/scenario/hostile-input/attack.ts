import { once } from 'node:events';
import { openRaw, parseAnswer, type RawAnswer } from '../../support/raw-http.ts';
import { type HostileInput, trickle } from './hostile-input.ts';

/** What came of an input. */
export interface Outcome {
  readonly status: number | 'closed';
  readonly answers: number;
  /** The first one. */
  readonly answer: RawAnswer | undefined;
}

/** Sends an input and waits until the gateway ends the connection. */
export async function attack(port: number, { bytes, trickle: more }: HostileInput): Promise<Outcome> {
  const socket = await openRaw(port);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  // The gateway may end the connection while something is still being sent.
  socket.on('error', () => {});
  if (bytes.length > 0) socket.write(bytes);
  if (more !== undefined) trickle(socket, more);
  await once(socket, 'close');
  const final = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const answers = final.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0;
  if (answers === 0) return { status: 'closed', answers, answer: undefined };
  const answer = parseAnswer(final);
  return { status: answer.status, answers, answer };
}
