/** The Worker of the harness with the workflow code of the next build (workflows.ts). Environment: as test/kill/worker-node.ts. */

import { appendFile } from 'node:fs/promises';
import { Worker } from 'perdure/worker/node';
import { localActivities, recordedActivities } from '../workloads/activities.ts';
import * as workflows from './workflows.ts';

const { PERDURE_ADDRESS = '', PORT = '0', TASK_QUEUE = '', ACTS = '', WORKER_NAME = '' } = process.env;

const recorded = recordedActivities(
  (act) => appendFile(ACTS, `\n${JSON.stringify(act)}\n`),
  `${WORKER_NAME}-${process.pid}`,
);
const worker = await Worker.create({
  engine: PERDURE_ADDRESS,
  taskQueue: TASK_QUEUE,
  port: Number(PORT),
  identity: WORKER_NAME,
  workflows,
  activities: { ...recorded, ...localActivities },
});
await worker.run();
