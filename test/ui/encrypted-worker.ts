/** A Worker that shows the engine ciphertext alone. Environment: PERDURE_ADDRESS, PORT. */

import { Worker } from 'perdure/worker/node';
import { encrypted } from '../../examples/encryption/shared.ts';
import * as activities from './activities.ts';
import * as workflows from './workflows.ts';

const worker = await Worker.create({
  taskQueue: 'encrypted',
  workflows,
  activities,
  dataConverter: encrypted(),
  port: Number(process.env.PORT),
  engine: process.env.PERDURE_ADDRESS,
});
await worker.run();
