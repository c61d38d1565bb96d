/**
 * Tests with real processes that are killed: `npm run test:e2e`. With PERDURE_E2E=quick only what the gate has time for.
 * One file at a time, because each runs an engine of its own.
 */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
