/** Node's tests over an engine with the defect that `PERDURE_DEFECT` names. */

import { defineConfig, mergeConfig } from 'vitest/config';
import node from '../../vitest.config.ts';
import { spoil } from './spoil.ts';

export default mergeConfig(
  node,
  defineConfig({
    root: new URL('../..', import.meta.url).pathname,
    plugins: [
      {
        name: 'perdure-zoo',
        enforce: 'pre',
        transform: (code: string, id: string) => ({ code: spoil(id.split('?')[0]!, code), map: null }),
      },
    ],
    // The cache of transformed modules knows nothing of defects.
    test: { bail: 1, fsModuleCache: false },
  }),
);
