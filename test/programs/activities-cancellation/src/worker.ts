import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities';

/** One Worker for the workflows, and one whose task queue nobody else has: its activities share a machine. */
async function run(): Promise<void> {
  const connection = await NativeConnection.connect();
  const uniqueQueue = `activities-${process.pid}`;
  const main = await Worker.create({
    connection,
    taskQueue: 'activities-cancellation',
    workflowsPath: require.resolve('./workflows'),
    activities: { ...activities, getUniqueTaskQueue: async () => uniqueQueue },
    shutdownGraceTime: '1s',
    maxConcurrentActivityTaskExecutions: 20,
  });
  const own = await Worker.create({ connection, taskQueue: uniqueQueue, activities });
  await Promise.all([main.run(), own.run()]);
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
