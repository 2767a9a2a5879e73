import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real servers and child processes: generous, because nothing here measures time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // A test left behind by mistake must not turn the whole suite green.
    allowOnly: false,
    reporters: ['default'],
  },
});
