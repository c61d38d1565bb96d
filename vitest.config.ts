/** Tests that need nothing but Node: core, runtime, SDK, API, examples. `npm test` runs these and those in workerd. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'test/{core,runtime,execution,schedule,batch,matching,auth,api,visibility,client,worker,testing,sim,zoo,features,checker,upgrade,webhooks,observability,lint}/**/*.test.ts',
      'test/temporal/*.test.ts',
      'test/ui/model/*.test.ts',
      'test/*.test.ts',
      'examples/**/*.test.ts',
    ],
    testTimeout: 30_000,
    setupFiles: process.env.PERDURE_HISTORIES_DIR ? ['test/leave-examples-histories.ts'] : [],
  },
});
