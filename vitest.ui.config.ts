/** The Web UI in a real browser, on a real engine: `npm run test:ui`. Needs Chromium. */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/ui/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // A busy machine draws late; a second, the default, is not enough there.
    expect: { poll: { timeout: 15_000 } },
  },
});
