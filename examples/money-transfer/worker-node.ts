/** The Worker on Node. Environment: PERDURE_ADDRESS, PORT, BANK_DIR, BANK_DELAY_MS. */

import { Worker } from 'perdure/worker/node';
import { createActivities } from './activities.ts';
import { bankOnDisk } from './bank-node.ts';
import { TASK_QUEUE } from './shared.ts';
import * as workflows from './workflows.ts';

const { PERDURE_ADDRESS: engine, PORT = '9233', BANK_DELAY_MS = '0' } = process.env;

const worker = await Worker.create({
  taskQueue: TASK_QUEUE,
  workflows,
  activities: createActivities(bankOnDisk(), Number(BANK_DELAY_MS)),
  port: Number(PORT),
  ...(engine && { engine }),
});
await worker.run();
