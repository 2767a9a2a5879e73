import { defineConfig } from '@graphql-hive/gateway';
import { greeting } from '../dataset.mjs';

/** Hive Gateway as documented; `HIVE_TUNED` joins identical upstream calls in flight and compiles operations. */
const tuned = process.env.HIVE_TUNED === '1';

export const gatewayConfig = defineConfig({
  additionalResolvers: { Query: { greeting: () => greeting } },
  graphiql: false,
  landingPage: false,
  logging: 'error',
  deduplicateRequest: tuned,
  jit: tuned,
});
