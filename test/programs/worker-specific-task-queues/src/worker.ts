import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivitiesForSameWorker, createNormalActivities } from './activities';

async function run() {
  const uniqueWorkerTaskQueue = randomUUID();
  const connection = await NativeConnection.connect();
  const workers = await Promise.all([
    Worker.create({
      connection,
      workflowsPath: require.resolve('./workflows'),
      activities: createNormalActivities(uniqueWorkerTaskQueue),
      taskQueue: 'worker-specific-task-queues',
    }),
    Worker.create({
      connection,
      activities: createActivitiesForSameWorker(),
      taskQueue: uniqueWorkerTaskQueue,
    }),
  ]);
  await Promise.all(workers.map((worker) => worker.run()));
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
