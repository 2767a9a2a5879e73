import { type Call, idsOf, notFound, ok, type Reply, type Service, sizeOf } from '../../service/service.ts';
import { createService, listOf } from './service.ts';

interface User {
  readonly id: string;
  readonly username: string;
  readonly display_name: string;
  readonly credits: number;
}

/** Who works at the studio. */
export function createDataService(): Service {
  const list = (call: Call): Reply => {
    const ids = idsOf(call, 'id');
    const shown = ids === undefined ? USERS : USERS.filter(({ id }) => ids.includes(id));
    return ok(listOf(shown, ids === undefined ? sizeOf(call, 'limit', 20) : 100));
  };

  const show = (call: Call): Reply => {
    const user = USERS.find(({ id }) => id === call.params.id);
    if (user === undefined) throw notFound('User');
    return ok(user);
  };

  return createService('data_service', [
    ['GET', '/api/v1/users', list],
    ['GET', '/api/v1/users/{id}', show],
  ]);
}

const USERS: readonly User[] = [
  { id: 'u-1', username: 'night-owl', display_name: 'Night Owl', credits: 120 },
  { id: 'u-2', username: 'first-light', display_name: 'First Light', credits: 45 },
  { id: 'u-3', username: 'front-desk', display_name: 'Front Desk', credits: 0 },
];
