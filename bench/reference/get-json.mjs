import { Pool } from 'undici';
import { upstream } from './environment.mjs';

/** One pool of kept connections, as many as Portico's default (`connections: 128`). */
const pool = new Pool(upstream, { connections: 128 });

/** The parsed answer of one GET to the upstream. Throws on any status but 200. */
export async function getJson(path, headers, dispatcher = pool) {
  const { statusCode, body } = await dispatcher.request({ origin: upstream, method: 'GET', path, headers });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
  return JSON.parse(text);
}

/** `/users?id=1&id=2`, each id once. */
export const byIds = (path, ids) => `${path}?${[...new Set(ids)].map((id) => `id=${id}`).join('&')}`;
