import { Client, Connection } from '@temporalio/client';
import { batch } from './workflows';

async function run(): Promise<void> {
  const client = new Client({ connection: Connection.lazy() });
  const handle = await client.workflow.start(batch, {
    taskQueue: 'batch',
    workflowId: `batch-${Date.now()}`,
    args: [2, 4, 3],
    memo: { made: 'by hand' },
  });
  const done = await handle.result();
  console.log(`${handle.workflowId} ${handle.firstExecutionRunId}: ${done} records`);
  if (done !== 25) throw new Error('not all');
  const { memo, historyLength } = await handle.describe();
  console.log(memo, historyLength);
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
