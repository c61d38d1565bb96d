import { Client } from '@temporalio/client';
import { simple } from './workflows';

new Client().workflow
  .execute(simple, { taskQueue: 'async-completion', workflowId: `as-${Date.now()}` })
  .then((r) => {
    console.log(r);
    if (r !== "Job's done!") process.exit(1);
  });
