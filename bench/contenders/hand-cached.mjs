/** By hand, with undici's own HTTP cache before the pool. */
import { interceptors, Pool } from 'undici';
import { programs } from '../reference/by-hand.mjs';
import { upstream } from '../reference/environment.mjs';
import { getJson } from '../reference/get-json.mjs';
import { serveJson } from '../reference/json-server.mjs';

const pool = new Pool(upstream, { connections: 128 }).compose(interceptors.cache());
const call = (path) => getJson(path, undefined, pool);

serveJson(async (body) => JSON.stringify(await programs.get(JSON.parse(body).query)(call)));
