/** The core's own tests for Stryker: with fewer random runs, of which each mutant sees the same, and without those that take long. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    testTimeout: 60_000,
    isolate: false,
    testNamePattern: /^(?!.*(reach every kind of event|fifty thousand events))/,
    setupFiles: ['test/mutation/same-runs.ts'],
    env: { PERDURE_FEWER_RUNS: '10' },
  },
});
