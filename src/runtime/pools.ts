import type { ServiceConfig } from '../config/schema/service.ts';
import {
  createVerifyToken,
  type OwnTokens,
  type VerifyToken,
  type VerifyTokenOptions,
} from '../identity/verify-token.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../observe/logger.ts';
import { createUpstream } from '../upstream/service.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createPool, type Pool } from './pool.ts';

export interface UpstreamSettings {
  readonly service: ServiceConfig;
  /** `auth.forward`. */
  readonly forward: Readonly<Record<string, string>>;
  /** Headers in which callers send keys. */
  readonly keyHeaders: readonly string[];
}

export interface VerifySettings extends Pick<VerifyTokenOptions, 'jwt' | 'claims' | 'folder'> {
  /** Whether the gateway's own tokens are taken as well. */
  readonly accounts: boolean;
}

/** What survives a reload, if its settings did not change. */
export interface Pools {
  readonly upstream: Pool<UpstreamSettings, Upstream>;
  /** With the keys that it has fetched and the tokens that it has verified. */
  readonly verify: Pool<VerifySettings, VerifyToken>;
}

/** `own` are the gateway's own tokens, where it makes some. */
export function createPools(clock: Clock, logger: Logger, own?: OwnTokens): Pools {
  return {
    upstream: createPool(
      (name, { service, ...headers }) => createUpstream(name, service, { clock, logger, ...headers }),
      (upstream) => upstream.dispose(),
    ),
    verify: createPool(
      (_name, { accounts, ...settings }) =>
        createVerifyToken({ ...settings, own: accounts ? own : undefined, clock, logger }),
      async () => {},
    ),
  };
}
