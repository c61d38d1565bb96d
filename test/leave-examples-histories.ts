/**
 * Loaded before each test file when $PERDURE_HISTORIES_DIR is set: the closed runs of the examples' tests are left there too, for
 * `npm run conformance`. The examples know nothing of it.
 */

import { dirname, join, relative } from 'node:path';
import { expect } from 'vitest';

const example = relative(join(import.meta.dirname, '..'), dirname(expect.getState().testPath ?? ''));
/** Their replay takes more than their `workflows.ts`: a codec, interceptors, several versions of one workflow. */
const unfit = ['encryption', 'opentelemetry-interceptors', 'versioning'].map((name) => `examples/${name}`);

if (example.startsWith('examples/') && !unfit.includes(example)) {
  const { TestWorkflowEnvironment } = await import('../sdk/testing/index.ts');
  const { leaveHistories } = await import('./features/engine.ts');
  const { teardown } = TestWorkflowEnvironment.prototype;
  TestWorkflowEnvironment.prototype.teardown = async function (this): Promise<void> {
    if (this.supportsTimeSkipping) await leaveHistories(this, { workflows: `${example}/workflows.ts` });
    return teardown.call(this);
  };
}
