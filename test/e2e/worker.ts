/** The Worker process of these tests. Environment: PERDURE_ADDRESS, PORT, TASK_QUEUE, LEDGER, WORKER_NAME, ANSWER_WITHIN_MS, RATE. */

import { Worker } from 'perdure/worker/node';
import * as activities from './activities.ts';
import * as workflows from './workflows.ts';

const {
  PERDURE_ADDRESS = '',
  PORT = '0',
  TASK_QUEUE = '',
  WORKER_NAME = '',
  ANSWER_WITHIN_MS,
  RATE,
} = process.env;

const worker = await Worker.create({
  engine: PERDURE_ADDRESS,
  taskQueue: TASK_QUEUE,
  port: Number(PORT),
  identity: WORKER_NAME,
  workflows,
  ...(ANSWER_WITHIN_MS && { answerWithin: Number(ANSWER_WITHIN_MS) }),
  ...(RATE && { maxTaskQueueActivitiesPerSecond: Number(RATE) }),
  activities,
});
await worker.run();
