/** Mercurius with JIT from the first request, and its own loaders. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { forwarded, port } from '../reference/environment.mjs';
import { fetchByIds } from '../reference/loaders.mjs';
import { queryResolvers } from '../reference/resolvers.mjs';
import { typeDefs } from '../type-defs.mjs';

/** A loader sees every parent of a level. Keys are told apart here, so Mercurius need not hash the parents. */
function loader(path, keyOf) {
  return {
    loader: (queries, { headers }) =>
      fetchByIds(
        path,
        queries.map(({ obj }) => keyOf(obj)),
        headers,
      ),
    opts: { cache: false },
  };
}

const app = Fastify({ logger: false });
app.register(mercurius, {
  schema: typeDefs,
  resolvers: { Query: queryResolvers },
  loaders: {
    Post: { user: loader('/users', ({ userId }) => userId) },
    Order: { product: loader('/products', ({ productId }) => productId) },
    Product: { supplier: loader('/suppliers', ({ supplierId }) => supplierId) },
    Supplier: { city: loader('/cities', ({ cityId }) => cityId) },
    City: { country: loader('/countries', ({ countryId }) => countryId) },
  },
  context: ({ headers }) => ({ headers: forwarded(headers) }),
  jit: 1,
});
await app.listen({ port, host: '127.0.0.1' });
