import { Client } from '@temporalio/client';
import { add, counter, counting } from './workflows';

(async () => {
  const client = new Client();
  const h = await client.workflow.start(counting, {
    taskQueue: 'query-subscriptions',
    workflowId: `q-${Date.now()}`,
    args: [5],
  });
  await h.signal(add, 'x');
  console.log(await h.result(), await h.query(counter));
  process.exit(0);
})();
