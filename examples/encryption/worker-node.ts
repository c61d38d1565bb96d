/** The Worker on Node. */

import { Worker } from 'perdure/worker/node';
import * as activities from './activities.ts';
import { encrypted, TASK_QUEUE } from './shared.ts';

const { PERDURE_ADDRESS: engine } = process.env;

const worker = await Worker.create({
  taskQueue: TASK_QUEUE,
  workflowsPath: new URL('./workflows.ts', import.meta.url).href,
  activities,
  dataConverter: encrypted(),
  ...(engine && { engine }),
});
await worker.run();
