import { buildDefaultLimit } from '../../blueprint/policy/build-limit.ts';
import { literalPattern } from '../../blueprint/route/literal-pattern.ts';
import { type AccountEndpoint, accountPath, KEYS_PATH } from '../../config/account-path.ts';
import type { Config } from '../../config/schema/config.ts';
import type { Door, Entry, RenderError } from '../../guard/inbound.ts';
import type { TableRow } from '../../rest/route-table.ts';
import { accountDoors, type DoorOptions } from './account-doors.ts';
import { createKeysDoor } from './keys-door.ts';
import { setupDoors } from './setup-doors.ts';

export interface AccountEndpointOptions extends DoorOptions {
  readonly config: Pick<Config, 'auth' | 'limits'>;
  readonly renderError: RenderError;
}

/** The endpoints of `auth.accounts`; none if it is off. They are limited as routes are. */
export function createAccountEndpoints(options: AccountEndpointOptions): TableRow[] {
  const { config, renderError } = options;
  const { enabled, prefix, registration } = config.auth.accounts;
  if (!enabled) return [];
  const row = (method: 'GET' | 'POST', path: string, door: Door, auth: Entry['auth'] = 'none'): TableRow => {
    const label = `${method} ${path}`;
    const limit = buildDefaultLimit(config, label);
    return {
      pattern: literalPattern(path),
      methods: [method],
      entry: { label, auth, roles: [], scopes: [], limit, door, renderError },
    };
  };
  const path = (name: AccountEndpoint) => accountPath(prefix, name);
  const doors = accountDoors(options);
  const setup = setupDoors({ ...options, loginPath: path('login') });
  return [
    ...(registration ? [row('POST', path('register'), doors.register)] : []),
    row('POST', path('login'), doors.login),
    row('POST', path('refresh'), doors.refresh),
    row('POST', path('logout'), doors.logout, 'required'),
    row('GET', path('setup'), setup.show),
    row('POST', path('setup'), setup.accept),
    row('GET', KEYS_PATH, createKeysDoor(options.accounts)),
  ];
}
