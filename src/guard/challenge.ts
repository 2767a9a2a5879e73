import { authenticationRequired } from '../identity/rejection.ts';
import { GatewayError } from '../kernel/error.ts';
import type { Entry } from './inbound.ts';

/** What can be named: of each way that is configured. */
export interface Challenges {
  readonly bearer: boolean;
  /** Names of the headers. */
  readonly apiKey: string | undefined;
  readonly serviceKey: string | undefined;
}

/** Says in `WWW-Authenticate` (RFC 9110, section 11.6.1) by what ways one could prove who one is. */
export interface Challenge {
  /** UNAUTHENTICATED for who has proved nothing. */
  required(auth: Entry['auth']): GatewayError;
  /** The error of a proof that was refused, with all the ways named; any other error as it is. */
  refused(error: unknown, auth: Entry['auth']): unknown;
}

const BEARER = 'Bearer realm="portico"';

/**
 * A place for internal callers names their way alone, and others name it only where there is no other: it would be of
 * no use to who reads it. Keys in headers have no scheme of the registry; theirs says which header they go in.
 */
export function createChallenge({ bearer, apiKey, serviceKey }: Challenges): Challenge {
  const internal = serviceKey && `ServiceKey realm="portico", header="${serviceKey}"`;
  const key = apiKey && `ApiKey realm="portico", header="${apiKey}"`;
  const own = [bearer ? BEARER : undefined, key].filter((one) => one !== undefined);
  const general = own.length > 0 ? own.join(', ') : (internal ?? BEARER);
  const challengeFor = (auth: Entry['auth']) => (auth === 'service' ? (internal ?? general) : general);

  return {
    required: (auth) => authenticationRequired(challengeFor(auth)),
    refused(error, auth) {
      if (!(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') return error;
      const said = error.headers['WWW-Authenticate'];
      if (said !== undefined && key === undefined) return error;
      const { message, cause } = error;
      const challenge = said === undefined ? challengeFor(auth) : `${said}, ${key}`;
      return new GatewayError('UNAUTHENTICATED', message, {
        cause,
        headers: { 'WWW-Authenticate': challenge },
      });
    },
  };
}
