/** A Worker of one build. Environment: PERDURE_ADDRESS, PORT, TASK_QUEUE, LEDGER, WORKER_NAME: its build id. */

import { Worker } from 'perdure/worker/node';
import * as activities from './activities.ts';
import * as one from './versioned-one.ts';
import * as two from './versioned-two.ts';

const { PERDURE_ADDRESS = '', PORT = '0', TASK_QUEUE = '', WORKER_NAME = '' } = process.env;

const worker = await Worker.create({
  engine: PERDURE_ADDRESS,
  taskQueue: TASK_QUEUE,
  port: Number(PORT),
  identity: WORKER_NAME,
  workflows: WORKER_NAME === 'one' ? one : two,
  activities,
  workerDeploymentOptions: {
    version: { deploymentName: 'orders', buildId: WORKER_NAME },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  },
});
await worker.run();
