/**
 * A Worker on Node that is one build: a run that began on it ends on it. Environment: BUILD, a file of `versions/`;
 * PERDURE_ADDRESS.
 */

import { Worker } from 'perdure/worker/node';
import * as activities from './activities.ts';
import { buildOf, TASK_QUEUE } from './shared.ts';
import * as before from './versions/1-before.ts';
import * as after from './versions/4-after.ts';

const { BUILD: buildId = '1-before', PERDURE_ADDRESS: engine } = process.env;

const worker = await Worker.create({
  taskQueue: TASK_QUEUE,
  workflows: buildId === '4-after' ? after : before,
  activities,
  workerDeploymentOptions: buildOf(buildId),
  ...(engine && { engine }),
});
await worker.run();
