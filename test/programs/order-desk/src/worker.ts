import { Worker } from '@temporalio/worker';
import { createActivities } from './activities';
import { TASK_QUEUE } from './activities-shared';

Worker.create({
  taskQueue: TASK_QUEUE,
  workflowsPath: require.resolve('./workflows'),
  activities: createActivities(new Map()),
})
  .then((w) => w.run())
  .catch((e) => {
    console.error(e);
    process.exit(1);
  });
