import DataLoader from 'dataloader';
import { byIds, getJson } from './get-json.mjs';

/** The things with these ids, in the order of the ids, in one call. */
export async function fetchByIds(path, ids, headers) {
  const things = await getJson(byIds(path, ids), headers);
  const byId = new Map(things.map((thing) => [thing.id, thing]));
  return ids.map((id) => byId.get(id) ?? null);
}

const batched = (path, headers) => new DataLoader((ids) => fetchByIds(path, ids, headers));

/** The context of one operation: a loader for each kind of thing that is fetched by id. */
export function createContext(headers) {
  return {
    headers,
    users: batched('/users', headers),
    products: batched('/products', headers),
    suppliers: batched('/suppliers', headers),
    cities: batched('/cities', headers),
    countries: batched('/countries', headers),
  };
}
