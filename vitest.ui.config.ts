/** The Web UI in a real browser, on a real engine: `npm run test:ui`. Needs Chromium. */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/ui/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
