/** Where the interceptor modules for workflows under test are. */

import { extname, join } from 'node:path';

/**
 * For `interceptors.workflowModules` of a Worker in a test: an assertion that fails in a workflow fails the workflow. Without
 * them it fails the workflow task, which is tried again for as long as the test waits.
 */
export const workflowInterceptorModules: string[] = [
  join(import.meta.dirname, `assert-to-failure${extname(import.meta.url)}`),
];
