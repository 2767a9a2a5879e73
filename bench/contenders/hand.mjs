/** Written by hand for exactly Q1 to Q3. */
import { programs } from '../reference/by-hand.mjs';
import { forwarded } from '../reference/environment.mjs';
import { getJson } from '../reference/get-json.mjs';
import { serveJson } from '../reference/json-server.mjs';

serveJson(async (body, { headers }) => {
  const run = programs.get(JSON.parse(body).query);
  return JSON.stringify(await run(getJson, forwarded(headers)));
});
