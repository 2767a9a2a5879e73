/** By hand, and identical upstream calls in flight are one call. */
import { programs } from '../reference/by-hand.mjs';
import { getJson } from '../reference/get-json.mjs';
import { joinByKey } from '../reference/join.mjs';
import { serveJson } from '../reference/json-server.mjs';

const joined = joinByKey((path) => getJson(path));

serveJson(async (body) => JSON.stringify(await programs.get(JSON.parse(body).query)(joined)));
