import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a service saw of one request. `body` is complete once the request has ended. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** Lower-case names, as Node joins them. */
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  body: Buffer;
  /** The caller went away before it had the whole answer. */
  aborted: boolean;
}

/** How a service answers: called when the request's headers are there. */
export type Behaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: SeenRequest,
) => void | Promise<void>;

/** A real HTTP server on a port of its own, for tests: it records, and it can misbehave in every way. */
export interface HttpService {
  readonly url: string;
  readonly port: number;
  /** In order of arrival. */
  readonly requests: SeenRequest[];
  /** Connections that are open now. */
  readonly connections: number;
  /** From now on answers like this. */
  behave(behaviour: Behaviour): void;
  /** Stops listening and cuts every connection, as a killed process does. */
  die(): Promise<void>;
  /** Listens again on the same port. */
  comeBack(): Promise<void>;
  /** Resolves when `count` requests have arrived. */
  received(count: number): Promise<void>;
  /** Resolves when `count` requests have been left by their caller before the answer was complete. */
  aborted(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts a service; without a behaviour it answers 200 with `{"ok":true}`. */
export async function startHttpService(behaviour: Behaviour = json({ ok: true })): Promise<HttpService> {
  const service = new Service(behaviour);
  await service.comeBack();
  return service;
}

class Service implements HttpService {
  readonly requests: SeenRequest[] = [];
  readonly #sockets = new Set<Socket>();
  #behaviour: Behaviour;
  #server: Server | undefined;
  #port = 0;
  #waiters: (() => void)[] = [];

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  async comeBack(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async die(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  close(): Promise<void> {
    return this.die();
  }

  received(count: number): Promise<void> {
    return this.#until(() => this.requests.length >= count);
  }

  aborted(count: number): Promise<void> {
    return this.#until(() => this.requests.filter((request) => request.aborted).length >= count);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #news(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: Buffer.alloc(0),
      aborted: false,
    };
    this.requests.push(seen);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.body = Buffer.concat(chunks);
    });
    request.on('error', () => {});
    response.on('error', () => {});
    response.on('close', () => {
      seen.aborted = !response.writableFinished;
      this.#news();
    });
    this.#news();
    void this.#behaviour(request, response, seen);
  }
}

/** Answers with JSON, and with `content-length`. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Behaviour {
  const text = JSON.stringify(value);
  return (_request, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    response.end(text);
  };
}

/** Answers with this status and text. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

/** Reads the whole request and answers with it. */
export const echo: Behaviour = async (request, response) => {
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' });
  request.pipe(response);
};

/** Takes the request and never says anything. */
export const hang: Behaviour = () => {};

/** Sends the headers and some bytes of the answer, then nothing more. */
export const stall: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"half":');
};

/** Promises 1000 bytes, sends a few, and closes the connection. */
export const cutBody: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"half":', () => response.destroy());
};

/** Promises a body and closes the connection before its first byte. */
export const cutBeforeBody: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000', 'x-half': 'yes' });
  response.flushHeaders();
  response.socket?.end();
};

/** Closes the connection without an answer. */
export const reset: Behaviour = (request) => {
  request.socket.destroy();
};

/** Says something that is not HTTP. */
export const nonsense: Behaviour = (request) => {
  request.socket.end('220 mail.example.test ESMTP ready\r\n\r\n');
};

/** Answers the requests one by one with these; the last one stays. */
export function inTurn(...behaviours: readonly Behaviour[]): Behaviour {
  let next = 0;
  return (request, response, seen) => {
    const behaviour = behaviours[Math.min(next++, behaviours.length - 1)] as Behaviour;
    return behaviour(request, response, seen);
  };
}

/** Waits with each answer until the test lets it go. */
export function held(behaviour: Behaviour): { behaviour: Behaviour; release(): void } {
  const waiting: (() => void)[] = [];
  let open = false;
  return {
    behaviour: (request, response, seen) => {
      if (open) return behaviour(request, response, seen);
      waiting.push(() => void behaviour(request, response, seen));
    },
    // Stays open: a request may arrive after the one that the release was waiting for.
    release() {
      open = true;
      for (const go of waiting.splice(0)) go();
    },
  };
}
