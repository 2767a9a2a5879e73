import { type Call, notFound, ok, type Reply, type Service, sizeOf } from '../../service/service.ts';
import { loadData } from './data.ts';
import { callerOf, createService } from './service.ts';

interface Notification {
  readonly id: number;
  readonly user_id: number;
  readonly kind: string;
  readonly message: string;
  readonly is_read: boolean;
  readonly related_id: string | null;
  readonly created_at: string;
}

/** What the caller should know: `/api/notifications`. It only ever shows a caller's own. */
export function createNotificationService(): Service {
  let notifications = loadData<Notification>('notifications');

  const list = (call: Call): Reply => {
    const caller = callerOf(call);
    const own = notifications.filter((item) => item.user_id === caller);
    const unread = own.filter((item) => !item.is_read);
    const shown = call.query.get('is_read') === 'false' ? unread : own;
    return ok({
      count: shown.length,
      unread_count: unread.length,
      results: shown.slice(0, sizeOf(call, 'page_size', 20)),
    });
  };

  const markRead = (call: Call): Reply => {
    const caller = callerOf(call);
    const id = Number(call.params.id);
    const known = notifications.find((item) => item.id === id && item.user_id === caller);
    if (known === undefined) throw notFound('Notification');
    const changed = { ...known, is_read: true };
    notifications = notifications.map((item) => (item === known ? changed : item));
    return ok(changed);
  };

  const markAllRead = (call: Call): Reply => {
    const caller = callerOf(call);
    const affected = notifications.filter((item) => item.user_id === caller && !item.is_read).length;
    notifications = notifications.map((item) =>
      item.user_id === caller ? { ...item, is_read: true } : item,
    );
    return ok({ updated: affected, unread_count: 0 });
  };

  return createService('notification-service', [
    ['GET', '/api/notifications/', list],
    ['POST', '/api/notifications/read-all/', markAllRead],
    ['PATCH', '/api/notifications/{id}/', markRead],
  ]);
}
