import * as data from './dataset.mjs';

const pick = (names) => (thing) => Object.fromEntries(names.map((name) => [name, thing[name]]));
const byId = (things, id) => things.find((thing) => thing.id === id);

const authors = data.users.map(pick(['id', 'name', 'email']));
const country = (id) => pick(['id', 'name'])(byId(data.countries, id));
const city = (id) => {
  const found = byId(data.cities, id);
  return { id, name: found.name, country: country(found.countryId) };
};
const supplier = (id) => {
  const found = byId(data.suppliers, id);
  return { id, name: found.name, city: city(found.cityId) };
};
const product = (id) => {
  const found = byId(data.products, id);
  return { id, name: found.name, supplier: supplier(found.supplierId) };
};

const articleFields = ['id', 'sku', 'name', 'price', 'available', 'description', 'tags'];

/** What is asked, by name, with the answer that is right. */
export const operations = {
  Q1: {
    query: '{posts{id userId title user{id name email}}}',
    data: {
      posts: data.posts.map((post) => ({
        ...pick(['id', 'userId', 'title'])(post),
        user: byId(authors, post.userId),
      })),
    },
  },
  Q2: { query: '{posts{title}}', data: { posts: data.posts.map(pick(['title'])) } },
  Q3: { query: '{greeting}', data: { greeting: data.greeting } },
  deep: {
    query: '{orders{id quantity product{id name supplier{id name city{id name country{id name}}}}}}',
    data: {
      orders: data.orders.map(({ id, quantity, productId }) => ({
        id,
        quantity,
        product: product(productId),
      })),
    },
  },
  wide: {
    query: `{sheet{${data.sheetFields.map(({ name }) => name).join(' ')}}}`,
    data: { sheet: data.sheet },
  },
  big: {
    query: `{catalogue{${articleFields.join(' ')}}}`,
    data: { catalogue: data.catalogue.map(pick(articleFields)) },
  },
};

/** What the REST paths answer. */
export const resources = {
  P1: { path: '/posts', data: data.posts },
  P2: { path: '/users/1', data: data.users[0] },
  P3: { path: '/catalogue', data: data.catalogue },
};

const byHand = ['hand', 'hand-joined-calls', 'hand-joined-operations'];
const servers = ['graphql-jit', 'mercurius', 'yoga', 'apollo'];
const gateways = ['hive', 'hive-tuned', 'tailcall', 'tailcall-default'];
const proxies = ['bare-proxy', 'fastify-http-proxy', 'http-proxy-3', 'fast-gateway', 'nginx'];

const graphql = (id, operation, title, contenders, options = {}) => ({
  id,
  title,
  door: 'graphql',
  method: 'POST',
  path: '/graphql',
  body: JSON.stringify({ query: operations[operation].query }),
  expected: { data: operations[operation].data },
  variant: 'plain',
  contenders: [...contenders, 'portico'],
  ...options,
});

const rest = (id, resource, title, options = {}) => ({
  id,
  title,
  door: 'rest',
  method: 'GET',
  path: resources[resource].path,
  body: '',
  expected: resources[resource].data,
  variant: 'plain',
  contenders: [...proxies, 'portico'],
  ...options,
});

const all = ['ready-made', ...byHand, ...servers, ...gateways];
const unjoined = ['hand', ...servers, 'hive', 'hive-tuned', 'tailcall'];
const cached = ['ready-made', 'hand-cached', 'tailcall-cached'];
const general = ['ready-made', ...servers];
const distinct = { variant: 'forward' };
const unlike = { variant: 'unlike' };
const cache = { variant: 'cache' };
const slow = { variant: 'slow' };

/**
 * The workloads. `variant` says how upstream and gateway are set up: plain; `forward`, where each request has
 * an Authorization header of its own that all upstream calls carry; `unlike`, the same, and no answer of the upstream has
 * the bytes of one before; `cache`, where answers may be kept for a
 * minute; `slow`, where the upstream takes 20 ms for each call; `slow-forward`, both.
 */
export const workloads = [
  graphql('Q1a', 'Q1', 'Q1, 100 posts with their users, as it is', all),
  graphql('Q2a', 'Q2', 'Q2, the titles of 100 posts, as it is', all),
  graphql('Q3a', 'Q3', 'Q3, a constant field, as it is', all),
  graphql('Q1b', 'Q1', 'Q1, a distinct Authorization header on every request', unjoined, distinct),
  graphql('Q2b', 'Q2', 'Q2, a distinct Authorization header on every request', unjoined, distinct),
  graphql('Q3b', 'Q3', 'Q3, a distinct Authorization header on every request', unjoined, distinct),
  graphql(
    'Q1n',
    'Q1',
    'Q1, distinct Authorization headers, and no upstream answer like another',
    unjoined,
    unlike,
  ),
  graphql(
    'Q2n',
    'Q2',
    'Q2, distinct Authorization headers, and no upstream answer like another',
    unjoined,
    unlike,
  ),
  graphql('Q1c', 'Q1', 'Q1, the upstream allows keeping answers for 60 s', cached, cache),
  graphql('Q2c', 'Q2', 'Q2, the upstream allows keeping answers for 60 s', cached, cache),
  graphql('Q3c', 'Q3', 'Q3, the upstream allows keeping answers for 60 s', cached, cache),
  graphql('deep', 'deep', 'Deep: 5 levels over 4 services, each level a call', general),
  graphql('wide', 'wide', 'Wide: one object of 200 fields', general),
  graphql('big', 'big', 'An answer of 1 MB', general),
  graphql('Q1s', 'Q1', 'Q1, the upstream takes 20 ms', ['hand', ...servers], slow),
  graphql(
    'Q1sb',
    'Q1',
    'Q1, the upstream takes 20 ms, distinct Authorization headers',
    ['hand', ...servers],
    {
      variant: 'slow-forward',
    },
  ),
  graphql('deeps', 'deep', 'Deep, the upstream takes 20 ms', servers, slow),
  rest('P1', 'P1', 'P1, GET /posts passed through (27 KB)'),
  rest('P2', 'P2', 'P2, GET /users/1 passed through (0.5 KB)'),
  rest('P3', 'P3', 'P3, GET /catalogue passed through (1 MB)'),
  rest('P1b', 'P1', 'P1, a distinct Authorization header on every request', distinct),
  rest('P2b', 'P2', 'P2, a distinct Authorization header on every request', distinct),
];
