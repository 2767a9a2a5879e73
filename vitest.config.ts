import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // The file that Node takes, as all libraries do: by the one for bundlers, tests would have a second GraphQL of their own.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Real servers and child processes: generous, because nothing here measures time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // One for each core, where the default leaves one core out: many tests wait for a process or a server.
    maxWorkers: '100%',
    // A test left behind by mistake must not turn the whole suite green.
    allowOnly: false,
    reporters: ['default'],
  },
});
