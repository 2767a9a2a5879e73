import path from 'node:path';
import { createContentService } from '../../examples/marketplace/services/content-service.ts';
import { createFreelanceService } from '../../examples/marketplace/services/freelance-service.ts';
import { createMarketplaceService } from '../../examples/marketplace/services/marketplace-service.ts';
import { createNotificationService } from '../../examples/marketplace/services/notification-service.ts';
import { createUserService } from '../../examples/marketplace/services/user-service.ts';
import { urlVariable } from '../../src/cli/demo/tour.ts';
import { createGateway } from '../../src/gateway.ts';
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
export interface MarketplaceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface MarketplaceRequest {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** The default example as it ships, on free ports: its gateway.yaml, its schema, its five services. */
export interface Marketplace {
  readonly log: MemoryLog;
  ask(path: string, request?: MarketplaceRequest): Promise<MarketplaceAnswer>;
  query(text: string, token?: string): Promise<MarketplaceAnswer>;
  /** An access token, by signing in through the gateway. */
  signIn(username: string): Promise<string>;
  /** The calls of the services that run, since the last question; health probes don't count. */
  calls(): Promise<SeenCall[]>;
  /** Ends one service: its port refuses connections from then on. */
  stop(service: string): Promise<void>;
  close(): Promise<void>;
}

const CONFIG = path.resolve(import.meta.dirname, '../../gateway.yaml');

export async function startMarketplace(): Promise<Marketplace> {
  const services = [
    createUserService(),
    createNotificationService(),
    createFreelanceService(),
    createContentService(),
    createMarketplaceService(),
  ];
  const urls = new Map<string, string>();
  for (const service of services) urls.set(service.name, await service.listen(0));
  const env = Object.fromEntries([...urls].map(([name, url]) => [urlVariable(name), url]));
  const log = memoryLogger();
  const gateway = await createGateway(
    { file: CONFIG, env, overrides: { port: 0, host: '127.0.0.1' } },
    { logger: log.logger },
  );
  const { url } = await gateway.start();
  const ask = (to: string, request?: MarketplaceRequest) => send(`${url}${to}`, request);

  return {
    log,
    ask,
    query: (query, token) => ask('/graphql', { method: 'POST', token, body: { query } }),
    async signIn(username) {
      const body = { username, password: 'portico-demo' };
      const answer = await ask('/api/auth/login/', { method: 'POST', body });
      return (answer.body as { access: string }).access;
    },
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

async function send(url: string, request: MarketplaceRequest = {}): Promise<MarketplaceAnswer> {
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
