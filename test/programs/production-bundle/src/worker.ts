import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';
import { workflowOption } from './options';

async function run() {
  process.env.NODE_ENV = 'production';
  const connection = await NativeConnection.connect({ address: 'localhost:7233' });
  try {
    const worker = await Worker.create({
      connection,
      ...workflowOption(),
      activities,
      taskQueue: 'production-bundle',
      maxConcurrentActivityTaskExecutions: 100,
      maxConcurrentWorkflowTaskExecutions: 100,
      maxCachedWorkflows: 500,
    });
    await worker.run();
  } finally {
    await connection.close();
  }
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
