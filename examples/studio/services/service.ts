import { createService as createHttpService, type Route, type Service } from '../../service/service.ts';

/** A service whose errors are `{"detail": …}`, as all three have them. */
export function createService(name: string, routes: readonly Route[]): Service {
  return createHttpService(name, routes, { errorBody: ({ message }) => ({ detail: message }) });
}

/** A page of a list: `{"items": […], "total": n}`. */
export function listOf<T>(items: readonly T[], limit: number): { items: readonly T[]; total: number } {
  return { items: items.slice(0, limit), total: items.length };
}
