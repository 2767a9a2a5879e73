import type { Accounts } from '../../identity/account/accounts.ts';
import type { Audit } from '../../kernel/audit-event.ts';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { StorageUnavailableError } from '../../storage/storage-unavailable.ts';

/** Milliseconds between tries while the database is away. */
const RETRY = 5000;

export interface OfferSetupOptions {
  readonly accounts: Accounts;
  /** Told of the token, for the eyes of whoever started the gateway. Undefined: nobody looks, and none is made. */
  readonly onToken: ((token: string) => void) | undefined;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly logger: { error(fields: object, message: string): void };
}

/**
 * Makes what accounts need on their first start: a key that signs, and, as long as nobody is admin, a token for whoever
 * may make the first one. Goes on trying while the database is away. Gives the function that ends that.
 */
export function offerSetup({ accounts, onToken, audit, clock, logger }: OfferSetupOptions): () => void {
  let timer: Timer | undefined;
  let ended = false;

  async function offer(): Promise<void> {
    await accounts.keys.current();
    if (onToken === undefined || ended) return;
    const token = await accounts.invite();
    if (token === undefined) return;
    audit({ action: 'account.invite', outcome: 'success', actor: { via: 'gateway' } });
    onToken(token);
  }

  function attempt(): void {
    offer().catch((error: unknown) => {
      if (ended) return;
      if (error instanceof StorageUnavailableError) timer = clock.after(RETRY, attempt);
      else logger.error({ err: error }, 'accounts could not be set up');
    });
  }

  attempt();
  return () => {
    ended = true;
    timer?.cancel();
  };
}
