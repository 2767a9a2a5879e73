import type { Blueprint } from '../blueprint/blueprint.ts';
import { literalPattern } from '../blueprint/route/literal-pattern.ts';
import { keyHeaders } from '../config/check/check-headers.ts';
import type { ServiceConfig } from '../config/schema/service.ts';
import type { LoadedResolvers } from '../graphql/custom-resolver.ts';
import { createGraphqlEngine, type GraphqlEngine } from '../graphql/engine.ts';
import { createGuard, type Guard, type Phase } from '../guard/create-guard.ts';
import type { RenderError } from '../guard/inbound.ts';
import { readPem } from '../identity/trust-anchor.ts';
import type { VerifyToken } from '../identity/verify-token.ts';
import { type Audit, noAudit } from '../kernel/audit-event.ts';
import type { Clock } from '../kernel/clock.ts';
import { createRest } from '../rest/create-rest.ts';
import { createRouteTable, type TableRow } from '../rest/route-table.ts';
import type { Storage } from '../storage/open-storage.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { compileHeaderKeys } from './header-keys.ts';
import type { Lease } from './pool.ts';
import type { Resources } from './resources.ts';

/** A blueprint that lives: everything that answers requests by it. */
export interface Runtime {
  readonly blueprint: Blueprint;
  readonly guard: Guard;
  /** Lets requests in flight end, then lets go of what no other runtime uses. Call once, after it has been replaced. */
  retire(): Promise<void>;
}

/** What endpoints of the gateway's own are made of. */
export interface EndpointParts {
  readonly blueprint: Blueprint;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly renderError: RenderError;
  /** Puts on record what they do; nothing with `telemetry.audit: false`. */
  readonly audit: Audit;
  readonly storage: Storage;
}

export interface RuntimeContext
  extends Pick<Resources, 'pools' | 'storage' | 'logger' | 'apiKeys' | 'counters' | 'documents'> {
  /** What mappings see as `$env`. */
  readonly env: Readonly<Record<string, string>>;
  /** The module of `graphql.resolvers`, if there is one. */
  readonly resolvers: LoadedResolvers | undefined;
  /** What `auto` means in the configuration. */
  readonly development: boolean;
  /** What the gateway answers itself, beside `/graphql`; it comes before routes of the same path. */
  readonly endpoints: (parts: EndpointParts) => readonly TableRow[];
  readonly phase: () => Phase;
  readonly clock: Clock;
  /** Where what `telemetry.audit` asks for is put on record. */
  readonly audit: Audit;
}

/**
 * Makes a blueprint live, without touching the one that is live now. Throws an Error if something of it can't be
 * made (a resolver for a field that is not there, a certificate that is none); nothing stays behind then.
 */
export async function compileRuntime(blueprint: Blueprint, context: RuntimeContext): Promise<Runtime> {
  const held: Lease<unknown>[] = [];
  const letGo = async () => {
    await Promise.all(held.map((lease) => lease.release()));
  };
  try {
    const upstreams = acquireUpstreams(blueprint, context, held);
    const verify = acquireVerify(blueprint, context, held);
    const engine = compileGraphql(blueprint, upstreams, context);
    const guard = compileGuard(blueprint, { upstreams, verify, engine }, context);
    return {
      blueprint,
      guard,
      async retire() {
        await guard.idle();
        await engine?.dispose();
        await letGo();
      },
    };
  } catch (error) {
    await letGo();
    throw error;
  }
}

function acquireUpstreams(
  { services, config, folder }: Blueprint,
  { pools }: RuntimeContext,
  held: Lease<unknown>[],
): ReadonlyMap<string, Upstream> {
  const upstreams = new Map<string, Upstream>();
  for (const [name, service] of services) {
    const tls = readTls(service.tls, folder);
    const lease = pools.upstream.acquire(name, {
      service: { ...service, tls },
      forward: config.auth.forward,
      keyHeaders: keyHeaders(config.auth),
    });
    held.push(lease);
    upstreams.set(name, lease.value);
  }
  return upstreams;
}

/** The files' texts in place of their names: a renewed file of the same name makes new settings. */
function readTls(tls: ServiceConfig['tls'], folder: string): ServiceConfig['tls'] {
  const read = (file: string) => (file === '' ? '' : readPem(file, folder));
  return { ...tls, ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key) };
}

/** Undefined if the configuration has no way to verify a token. */
function acquireVerify(
  { config, folder }: Blueprint,
  { pools }: RuntimeContext,
  held: Lease<unknown>[],
): VerifyToken | undefined {
  const { claims, accounts } = config.auth;
  if (config.auth.jwt.length === 0 && !accounts.enabled) return undefined;
  // With the keys themselves: a renewed file of the same name makes new settings.
  const jwt = config.auth.jwt.map((entry) =>
    entry.publicKey === undefined ? entry : { ...entry, publicKey: readPem(entry.publicKey, folder) },
  );
  const lease = pools.verify.acquire('jwt', { jwt, claims, folder, accounts: accounts.enabled });
  held.push(lease);
  return lease.value;
}

function compileGraphql(
  blueprint: Blueprint,
  upstreams: ReadonlyMap<string, Upstream>,
  context: RuntimeContext,
): GraphqlEngine | undefined {
  if (blueprint.graphql === undefined) return undefined;
  const { clock, logger, development, env, resolvers, audit, counters, documents } = context;
  return createGraphqlEngine(blueprint, {
    upstreams,
    clock,
    logger,
    development,
    env,
    audit: auditFor(blueprint, audit),
    counters,
    persisted: documents,
    ...(resolvers ? { resolvers } : {}),
  });
}

interface Parts {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly verify: VerifyToken | undefined;
  readonly engine: GraphqlEngine | undefined;
}

function compileGuard(blueprint: Blueprint, parts: Parts, context: RuntimeContext): Guard {
  const { upstreams, verify, engine } = parts;
  const { clock, logger, phase, env } = context;
  const { config } = blueprint;
  const audit = auditFor(blueprint, context.audit);
  const execute = engine?.execute.bind(engine);
  const rest = createRest(blueprint, { upstreams, clock, logger, env, ...(execute ? { execute } : {}) });
  const { renderError } = rest;
  const rows: TableRow[] = [
    ...context.endpoints({ blueprint, upstreams, renderError, audit, storage: context.storage }),
    ...(engine && config.graphql
      ? [{ pattern: literalPattern(config.graphql.path), entry: engine.entry }]
      : []),
    ...rest.rows,
  ];
  const findEntry = createRouteTable(rows);
  // Keys may have limits of their own; without these and those of places there is nothing to be counted.
  const counts = config.auth.apiKeys.enabled || rows.some(({ entry }) => entry.limit?.limit !== undefined);
  const counters = counts ? context.counters : undefined;
  const { server } = config;
  const keys = compileHeaderKeys(config.auth, context.apiKeys);
  const common = { renderError, phase, clock, logger, audit, counters };
  return createGuard({ server, findEntry, verify, ...keys, ...common });
}

function auditFor({ config }: Blueprint, audit: Audit): Audit {
  return config.telemetry.audit ? audit : noAudit;
}
