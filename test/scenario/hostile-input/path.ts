import { type HostileInput, type Means, request } from './hostile-input.ts';

/**
 * Spellings of `/admin/…`, which is for admins, and of `/public/admin/…`, which is too, below `/public/*`, which is
 * for all.
 */
const REFUSED: readonly (readonly [target: string, status: number])[] = [
  ['/admin/x', 401],
  ['/admin', 401],
  ['/admin/', 401],
  ['/%61dmin/x', 401],
  ['/%61%64%6d%69%6e/x', 401],
  ['/public/admin/x', 401],
  ['/public/%61dmin/x', 401],
  ['/public/admin', 401],
  ['/public/admin/', 401],
  ['/public/admin?x', 401],
  ['/public/admin/%2F', 401],
  ['/public/admin/..%2f', 400],
  ['//admin/x', 400],
  ['/public//admin/x', 400],
  ['/public/admin//x', 400],
  ['///admin/x', 400],
  ['/./admin/x', 400],
  ['/public/./admin/x', 400],
  ['/public/../admin/x', 400],
  ['/public/%2e%2e/admin/x', 400],
  ['/public/%2E%2e/admin/x', 400],
  ['/public/.%2e/admin/x', 400],
  ['/public/%2e/admin/x', 400],
  ['/public/..%2fadmin/x', 400],
  ['/public/..%2Fadmin/x', 400],
  ['/public/%2e%2e%2fadmin/x', 400],
  ['/public/x/..', 400],
  ['/public/x/.', 400],
  ['/public\\admin\\x', 400],
  ['/public/..\\admin/x', 400],
  ['/public/..%5cadmin/x', 400],
  ['/public/%5c..%5cadmin/x', 400],
  ['/public/x%00', 400],
  ['/public/%00/admin/x', 400],
  ['/public/x%0a', 400],
  ['/public/x%0d%0aX-User-ID:%20admin', 400],
  ['/public/x%7f', 400],
  ['/public/%c0%ae%c0%ae/admin/x', 400],
  ['/public/%e0%80%ae%e0%80%ae/admin/x', 400],
  ['/public/%c0%afadmin/x', 400],
  ['/public/%ff', 400],
  ['/public/%u002e%u002e/admin/x', 400],
  ['/public/%', 400],
  ['/public/%2', 400],
  ['/public/%zz', 400],
  ['/public/x#/../admin', 400],
  ['/public/x#', 400],
  ['admin/x', 400],
  ['*', 400],
  ['?/admin/x', 400],
  ['http://api.test/../admin/x', 400],
  ['http://api.test//admin/x', 400],
  ['http://api.test\\@evil.test/public/x', 400],
  ['http://api.test/%61dmin/x', 401],
  ['http://API.TEST:80/admin/x', 401],
  ['/nowhere/../admin/x', 400],
  ['/ADMIN/x', 404],
  ['/admin%2fx', 404],
  ['/admin;/x', 404],
  ['/admin.json', 404],
  ['/admin%20/x', 404],
  ['/admin%09', 400],
  ['/.admin/x', 404],
  ['/adm\u00efn/x', 400],
];

/** Spellings that are fine, and that must reach the service as they were judged: below what is for all. */
const PASSED: readonly (readonly [target: string, url: string])[] = [
  ['/public/..;/admin/x', '/public/..;/admin/x'],
  ['/public/;/admin/x', '/public/;/admin/x'],
  ['/public/x;a=b/admin', '/public/x;a=b/admin'],
  ['/public/%252e%252e/admin/x', '/public/%252e%252e/admin/x'],
  ['/public/%252fadmin', '/public/%252fadmin'],
  ['/public/x%2fadmin', '/public/x%2Fadmin'],
  ['/public%2f', ''],
  ['/public/Admin/x', '/public/Admin/x'],
  ['/public/admin%20/x', '/public/admin%20/x'],
  ['/public/admin./x', '/public/admin./x'],
  ['/public/...', '/public/...'],
  ['/public/x?../../admin', '/public/x?../../admin'],
  ['/public/x?a=%2e%2e&b=%00', '/public/x?a=%2e%2e&b=%00'],
  ['http://api.test/public/absolute', '/public/absolute'],
  ['/public/%7Euser', '/public/~user'],
  ['/public/%E2%80%AE', '/public/%E2%80%AE'],
];

/** Tricks with paths against rules of routes. */
export function paths({ userToken }: Means): HostileInput[] {
  return [
    ...REFUSED.map(([target, status]) => ({
      name: `GET ${target}`,
      bytes: request(`GET ${target} HTTP/1.1`),
      status,
    })),
    ...PASSED.map(([target, url]): HostileInput => {
      const bytes = request(`GET ${target} HTTP/1.1`);
      return url === ''
        ? { name: `GET ${target}`, bytes, status: 404 }
        : { name: `GET ${target}`, bytes, status: 200, calls: [url] };
    }),
    ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'REPORT'].map((method) => ({
      name: `${method} of what is for admins, by somebody else`,
      bytes: request(`${method} /admin/x HTTP/1.1`, [
        `Authorization: Bearer ${userToken}`,
        'Content-Length: 0',
      ]),
      status: 403,
    })),
    {
      name: 'another method named in a header',
      bytes: request('GET /admin/x HTTP/1.1', [
        'X-HTTP-Method-Override: OPTIONS',
        'X-Original-URL: /public/x',
        'X-Rewrite-URL: /public/x',
      ]),
      status: 401,
    },
    {
      name: 'a route that is for one method only, by another',
      bytes: request('POST /reading HTTP/1.1', ['Content-Length: 0']),
      status: 405,
    },
  ];
}
