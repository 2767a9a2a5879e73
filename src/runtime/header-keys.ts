import type { Config } from '../config/schema/config.ts';
import type { HeaderKey } from '../guard/header-key.ts';
import type { ApiKeys } from '../identity/api-key/api-keys.ts';
import { createVerifyServiceKey } from '../identity/service-key.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable.ts';

/** The kinds of keys that a configuration takes as a proof of who is calling. */
export interface HeaderKeys {
  readonly apiKey: HeaderKey | undefined;
  readonly serviceKey: HeaderKey | undefined;
}

/** `apiKeys`: undefined if the gateway was started without; who sends a key is told to come again then. */
export function compileHeaderKeys(
  { apiKeys: { enabled, header }, serviceKeys }: Config['auth'],
  apiKeys: ApiKeys | undefined,
): HeaderKeys {
  const verify = apiKeys?.verify ?? refuseForNow;
  const { keys } = serviceKeys;
  return {
    apiKey: enabled ? { header, verify } : undefined,
    serviceKey:
      keys.length > 0 ? { header: serviceKeys.header, verify: createVerifyServiceKey(keys) } : undefined,
  };
}

function refuseForNow(): never {
  throw new StorageUnavailableError('Service unavailable', 'API keys work after a restart of the gateway');
}
