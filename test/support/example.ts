import path from 'node:path';
import type { Service } from '../../examples/service/service.ts';
import { type Tour, urlVariable } from '../../src/cli/demo/tour.ts';
import { type AccountsAtHand, withAccounts } from '../../src/cli/open-accounts.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { type MemoryLog, memoryLogger } from './memory-logger.ts';

/** What a service was asked, as its `/_calls` tells it. */
export interface SeenCall {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly user?: string;
  readonly request_id?: string;
  readonly traceparent?: string;
}

/** An answer of the gateway, its body parsed. */
export interface ExampleAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface ExampleRequest {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface ExampleOptions {
  /** Its gateway.yaml, from the root of the project. */
  readonly config: string;
  readonly services: readonly Service[];
  /** What the configuration is told beside the services' addresses. */
  readonly env?: Readonly<Record<string, string>>;
  /** Accounts that the gateway itself keeps. */
  readonly accounts?: Tour['accounts'];
}

/** An example as it ships, on free ports: its gateway.yaml, its schema, its services. */
export interface Example {
  readonly url: string;
  readonly log: MemoryLog;
  readonly gateway: Gateway;
  ask(path: string, request?: ExampleRequest): Promise<ExampleAnswer>;
  query(text: string, token?: string): Promise<ExampleAnswer>;
  /** The calls of the services that run, since the last question; health probes don't count. */
  calls(): Promise<SeenCall[]>;
  /** Ends one service: its port refuses connections from then on. */
  stop(service: string): Promise<void>;
  close(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

export async function startExample({
  config,
  services,
  env,
  accounts = [],
}: ExampleOptions): Promise<Example> {
  const urls = new Map<string, string>();
  for (const service of services) urls.set(service.name, await service.listen(0));
  const variables = Object.fromEntries([...urls].map(([name, url]) => [urlVariable(name), url]));
  const log = memoryLogger();
  const source = { file: path.join(ROOT, config), env: { ...variables, ...env } };
  if (accounts.length > 0) {
    const make = async (at: AccountsAtHand) => {
      for (const account of accounts) await at.accounts.create(account);
    };
    await withAccounts(source.file, make, source.env);
  }
  const overrides = { port: 0, host: '127.0.0.1' };
  const gateway = await createGateway({ ...source, overrides }, { logger: log.logger });
  const { url } = await gateway.start();
  const ask = (to: string, request?: ExampleRequest) => send(`${url}${to}`, request);

  return {
    url,
    log,
    gateway,
    ask,
    query: (query, token) => ask('/graphql', { method: 'POST', token, body: { query } }),
    async calls() {
      const seen = await Promise.all([...urls].map(([name, at]) => takeCalls(name, at)));
      return seen.flat();
    },
    async stop(name) {
      urls.delete(name);
      await services.find((service) => service.name === name)?.close();
    },
    async close() {
      await gateway.close();
      await Promise.all([...urls.keys()].map((name) => services.find((one) => one.name === name)?.close()));
    },
  };
}

async function send(url: string, request: ExampleRequest = {}): Promise<ExampleAnswer> {
  const { method = 'GET', token, headers, body } = request;
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

async function takeCalls(service: string, url: string): Promise<SeenCall[]> {
  const { body } = await send(`${url}/_calls`);
  await send(`${url}/_calls`, { method: 'DELETE' });
  const { log } = body as { log: Omit<SeenCall, 'service'>[] };
  return log.map((call) => ({ ...call, service }));
}
