/** The Worker process on Node. Environment: PERDURE_ADDRESS, PORT, TASK_QUEUE, ACTS, WORKER_NAME. */

import { appendFile } from 'node:fs/promises';
import { Worker } from 'perdure/worker/node';
import { localActivities, recordedActivities } from '../workloads/activities.ts';
import * as workflows from '../workloads/workflows.ts';

const { PERDURE_ADDRESS = '', PORT = '0', TASK_QUEUE = '', ACTS = '', WORKER_NAME = '' } = process.env;

// With a line feed in front: a line torn by a crash swallows no other. A process that is killed loses nothing it wrote.
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
