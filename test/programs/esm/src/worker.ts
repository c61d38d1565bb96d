import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities.js';

const connection = await NativeConnection.connect({
  address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233',
});
const worker = await Worker.create({
  connection,
  taskQueue: 'esm',
  workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
  activities,
});
await worker.run();
await connection.close();
