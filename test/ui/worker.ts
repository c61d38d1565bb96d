/** The Worker of these tests, on Node. Environment: PERDURE_ADDRESS, PORT. */

import { Worker } from 'perdure/worker/node';
import * as activities from './activities.ts';
import * as workflows from './workflows.ts';

const worker = await Worker.create({
  taskQueue: 'ui',
  workflows,
  activities,
  port: Number(process.env.PORT),
  engine: process.env.PERDURE_ADDRESS,
});
await worker.run();
