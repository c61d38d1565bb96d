import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { taskQueue } from 'common';
import { delivered, getStatus, order, pickedUp } from 'workflows';

(async () => {
  const client = new Client();
  const h = await client.workflow.start(order, { taskQueue, args: [1], workflowId: `order-${randomUUID()}` });
  while ((await h.query(getStatus)).state !== 'Paid') await new Promise((r) => setTimeout(r, 100));
  await h.signal(pickedUp);
  await h.signal(delivered);
  console.log(await h.result());
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
