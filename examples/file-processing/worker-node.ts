/** The Worker on Node: a process that can be killed. Environment: PERDURE_ADDRESS, PORT. */

import { Worker } from 'perdure/worker/node';
import { createActivities } from './activities.ts';
import { TASK_QUEUE } from './shared.ts';
import { readLines } from './source.ts';
import * as workflows from './workflows.ts';

const { PERDURE_ADDRESS: engine, PORT = '9233' } = process.env;

const worker = await Worker.create({
  taskQueue: TASK_QUEUE,
  workflows,
  activities: createActivities(readLines),
  port: Number(PORT),
  ...(engine && { engine }),
});
await worker.run();
