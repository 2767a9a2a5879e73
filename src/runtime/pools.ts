import type { ServiceConfig } from '../config/schema/service.ts';
import { createVerifyToken, type VerifyToken, type VerifyTokenOptions } from '../identity/verify-token.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../observe/logger.ts';
import { createUpstream } from '../upstream/service.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createPool, type Pool } from './pool.ts';

export interface UpstreamSettings {
  readonly service: ServiceConfig;
  /** `auth.forward`. */
  readonly forward: Readonly<Record<string, string>>;
}

export type VerifySettings = Pick<VerifyTokenOptions, 'jwt' | 'claims' | 'folder'>;

/** What survives a reload, if its settings did not change. */
export interface Pools {
  readonly upstream: Pool<UpstreamSettings, Upstream>;
  /** With the keys that it has fetched and the tokens that it has verified. */
  readonly verify: Pool<VerifySettings, VerifyToken>;
}

export function createPools(clock: Clock, logger: Logger): Pools {
  return {
    upstream: createPool(
      (name, { service, forward }) => createUpstream(name, service, { clock, logger, forward }),
      (upstream) => upstream.dispose(),
    ),
    verify: createPool(
      (_name, settings) => createVerifyToken({ ...settings, clock, logger }),
      async () => {},
    ),
  };
}
