import { Client, Connection } from '@temporalio/client';
import { frequentPolling, infrequentPolling, periodicPolling } from './workflows';

async function run(): Promise<void> {
  const connection = await Connection.connect({ address: 'localhost:7233', connectTimeout: '5s' });
  const client = new Client({ connection });
  for (const workflow of [infrequentPolling, frequentPolling, periodicPolling]) {
    const result = await client.workflow.execute(workflow, {
      taskQueue: 'polling',
      workflowId: `${workflow.name}-${Date.now()}`,
      workflowRunTimeout: '1 minute',
    });
    console.log(workflow.name, result);
    if (!result.startsWith('OK')) throw new Error(result);
  }
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
