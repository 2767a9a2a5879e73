import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. Header names in lower case; repeated ones joined with `, `. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends these bytes as they are on a connection of its own and gives all that comes back until the other side closes. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = await openRaw(port);
  socket.write(bytes);
  return readToEnd(socket);
}

/** The same for one answer; the request must make the other side close (`Connection: close`, or being refused). */
export async function askRaw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  return parseAnswer(await sendRaw(port, bytes));
}

/** A connection that bytes can be written to piece by piece. */
export async function openRaw(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** All that arrives until the other side closes or breaks the connection. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  if (!socket.closed) await once(socket, 'close');
  return text;
}

/** Reads until `marker` has arrived; gives everything up to then. */
export async function readUntil(socket: Socket, marker: string): Promise<string> {
  let text = '';
  while (!text.includes(marker)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  return text;
}

/** Status, headers and body of the first answer in the text. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) throw new Error(`not an answer: ${JSON.stringify(text)}`);
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4) };
}
