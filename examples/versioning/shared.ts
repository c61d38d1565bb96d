/** What the workflow, its activities and its callers have in common. */

import type { WorkerDeploymentOptions } from 'perdure/worker';

export const TASK_QUEUE = 'versioning';

/** For Workers that are one build each: their runs are pinned, and end on the build that they began on. */
export const buildOf = (buildId: string): WorkerDeploymentOptions => ({
  version: { deploymentName: 'orders', buildId },
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'PINNED',
});
