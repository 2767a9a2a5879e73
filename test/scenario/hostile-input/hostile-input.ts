import type { Socket } from 'node:net';
import type { RawAnswer } from '../../support/raw-http.ts';

/** Something that no honest client sends, and what it must get. */
export interface HostileInput {
  readonly name: string;
  /** Sent as they are on a connection of their own; the gateway has to end it. */
  readonly bytes: string | Buffer;
  /** Goes on sending after that until the connection is closed. */
  readonly trickle?: string;
  /** Of the first answer; `closed`: the connection ends without one. Several where it depends on what was before. */
  readonly status: number | 'closed' | readonly number[];
  /** How many answers come on the connection; default: one, or none where it is closed. */
  readonly answers?: number;
  /** Targets that the service behind sees; default: none. Each is seen by this input alone. */
  readonly calls?: readonly string[];
  /** Targets that it may see the beginning of: what is passed on as it comes can turn out to be broken. */
  readonly mayCall?: readonly string[];
  /** GraphQL: the code of the first error. */
  readonly code?: string;
  /** Looks closer at the answer, or at what the service behind has seen; throws if something is wrong. */
  readonly check?: (answer: RawAnswer, seen: SeenCall | undefined) => void;
  /** Takes a second or more by its nature. */
  readonly slow?: true;
}

/** A request as the service behind saw it. */
export interface SeenCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** What inputs are made with. */
export interface Means {
  /** Good tokens, of somebody without roles and of an admin. */
  readonly userToken: string;
  readonly adminToken: string;
  /** The public key of RS256 tokens, as everybody can know it. */
  readonly publicPem: string;
}

export const HOST = 'Host: api.test';

/** A request of these lines, on a connection that is to end after it. */
export function request(line: string, headers: readonly string[] = [], body: string | Buffer = ''): Buffer {
  return keeping(line, [...headers, 'Connection: close'], body);
}

/** The same on a connection that may go on. */
export function keeping(line: string, headers: readonly string[] = [], body: string | Buffer = ''): Buffer {
  const hosts = headers.some((one) => /^host\b/i.test(one)) ? [] : [HOST];
  return Buffer.concat([
    Buffer.from(`${[line, ...hosts, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'),
    typeof body === 'string' ? Buffer.from(body) : body,
  ]);
}

/** A GraphQL request by POST. The body is sent as it is if it is text, else as JSON. */
export function graphql(body: string | Buffer | object, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const accept = 'Accept: application/graphql-response+json';
  return request(
    'POST /graphql HTTP/1.1',
    ['Content-Type: application/json', accept, `Content-Length: ${bytes.length}`, ...headers],
    bytes,
  );
}

/** Sends bytes again and again, a few at a time, until the connection is closed. */
export function trickle(socket: Socket, bytes: string): void {
  const timer = setInterval(() => {
    if (socket.writable) socket.write(bytes);
  }, 50);
  socket.once('close', () => clearInterval(timer));
}

/** A request with a body of JSON, or what says that it is. */
export function json(line: string, body: string | Buffer | object, headers: readonly string[] = []): Buffer {
  const bytes =
    typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  return request(
    line,
    ['Content-Type: application/json', `Content-Length: ${bytes.length}`, ...headers],
    bytes,
  );
}
