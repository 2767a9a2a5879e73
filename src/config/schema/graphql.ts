import { z } from 'zod';
import { count, path } from './scalar.ts';

/** The GraphQL endpoint. */
export const graphqlSchema = z.strictObject({
  path: path.default('/graphql'),
  schema: z
    .union([z.array(z.string()), z.string().transform((glob) => [glob])])
    .default(['schema/**/*.graphql'])
    .describe('SDL files, merged into one schema; *, ** and {a,b} are patterns.'),
  resolvers: z.string().default('').describe('A module of your own resolvers.'),
  auth: z
    .enum(['required', 'optional', 'none'])
    .default('optional')
    .describe('Whether a caller must prove who it is.'),
  graphiql: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe('auto: on unless NODE_ENV=production.'),
  introspection: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe('auto: on unless NODE_ENV=production.'),
  limits: z
    .strictObject({
      depth: count.default(12).describe('Levels of fields within each other.'),
      tokens: count.default(2000).describe('Lexical tokens of a document, comments among them.'),
      aliases: count
        .default(30)
        .describe('Aliases, also those in fragments, each time that these are spread.'),
      rootFields: count.default(20).describe('Fields of the first level.'),
      cost: count.default(10_000).describe('Type cost and field cost by @cost and @listSize, each.'),
      calls: count.default(0).describe('Upstream calls that an operation may need.'),
    })
    .prefault({})
    .describe('What an operation may ask for at the most; 0: no bound.'),
  trustedDocuments: z
    .strictObject({
      file: z.string().default('').describe('JSON file of documents by hash.'),
      only: z.boolean().default(false).describe('Whether anything else is refused.'),
    })
    .prefault({}),
  dedupe: z
    .boolean()
    .default(true)
    .describe(
      'Identical queries in flight share one execution, where they would get the same answer anyway.',
    ),
  responseCache: z.boolean().default(false).describe('Keeps whole answers as @cacheControl allows.'),
  subscriptions: z
    .strictObject({ sse: z.boolean().default(true), websocket: z.boolean().default(true) })
    .prefault({}),
  maskErrors: z
    .boolean()
    .default(true)
    .describe('Unexpected errors show no message and no stack to clients.'),
});
