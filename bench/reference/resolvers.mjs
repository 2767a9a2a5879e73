import { greeting } from '../dataset.mjs';
import { getJson } from './get-json.mjs';

export const queryResolvers = {
  greeting: () => greeting,
  posts: (_, _args, { headers }) => getJson('/posts', headers),
  orders: (_, _args, { headers }) => getJson('/orders', headers),
  sheet: (_, _args, { headers }) => getJson('/sheet', headers),
  catalogue: (_, _args, { headers }) => getJson('/catalogue', headers),
};

/** What anyone writes for dataloader: a key, and the loader of the context that has it. */
export const resolvers = {
  Query: queryResolvers,
  Post: { user: ({ userId }, _, { users }) => users.load(userId) },
  Order: { product: ({ productId }, _, { products }) => products.load(productId) },
  Product: { supplier: ({ supplierId }, _, { suppliers }) => suppliers.load(supplierId) },
  Supplier: { city: ({ cityId }, _, { cities }) => cities.load(cityId) },
  City: { country: ({ countryId }, _, { countries }) => countries.load(countryId) },
};
