import {
  type Call,
  createService as createHttpService,
  type Route,
  type Service,
  ServiceError,
} from '../../service/service.ts';

/** A service with the health path that all five share. */
export function createService(name: string, routes: readonly Route[]): Service {
  return createHttpService(name, routes, { health: '/api/health/' });
}

/** The caller's user id, a number here; undefined for an anonymous request. */
export function callerIn(call: Call): number | undefined {
  const id = Number(call.caller);
  return Number.isInteger(id) && id > 0 ? id : undefined;
}

/** The caller's user id; throws 401 if the gateway vouched for nobody. */
export function callerOf(call: Call): number {
  const caller = callerIn(call);
  if (caller === undefined) throw new ServiceError(401, 'not_authenticated', 'Sign in first');
  return caller;
}
