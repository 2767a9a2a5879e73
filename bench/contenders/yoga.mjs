/** GraphQL Yoga on node:http, as its documentation sets it up, with dataloader. */
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { forwarded, port } from '../reference/environment.mjs';
import { createContext } from '../reference/loaders.mjs';
import { resolvers } from '../reference/resolvers.mjs';
import { typeDefs } from '../type-defs.mjs';

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: ({ req }) => createContext(forwarded(req.headers)),
  graphiql: false,
  logging: false,
});
createServer(yoga).listen(port, '127.0.0.1');
