import { Worker } from '@temporalio/worker';
import * as activities from 'activities';
import { taskQueue } from 'common';

async function run() {
  const worker = await Worker.create({
    workflowsPath: require.resolve('../../../packages/workflows/'),
    activities,
    taskQueue,
  });
  await worker.run();
}
run().catch((err) => {
  console.error(err);
  process.exit(1);
});
