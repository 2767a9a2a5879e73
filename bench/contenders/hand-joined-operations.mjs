/** By hand, and identical operations in flight are executed and written once. */
import { programs } from '../reference/by-hand.mjs';
import { getJson } from '../reference/get-json.mjs';
import { joinByKey } from '../reference/join.mjs';
import { serveJson } from '../reference/json-server.mjs';

const joined = joinByKey(async (query) => Buffer.from(JSON.stringify(await programs.get(query)(getJson))));

serveJson((body) => joined(JSON.parse(body).query));
