import { Worker } from '@temporalio/worker';
import * as activities from './activities';

(async () => {
  const worker = await Worker.create({
    taskQueue: 'async-completion',
    workflowsPath: require.resolve('./workflows'),
    activities: { doSomethingAsync: activities.doSomethingAsync },
  });
  await worker.run();
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
