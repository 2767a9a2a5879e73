/** Apollo Server, standalone, with dataloader. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { forwarded, port } from '../reference/environment.mjs';
import { createContext } from '../reference/loaders.mjs';
import { resolvers } from '../reference/resolvers.mjs';
import { typeDefs } from '../type-defs.mjs';

const server = new ApolloServer({ typeDefs, resolvers });
await startStandaloneServer(server, {
  listen: { port, host: '127.0.0.1' },
  context: async ({ req }) => createContext(forwarded(req.headers)),
});
