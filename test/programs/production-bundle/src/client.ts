import { Client, Connection } from '@temporalio/client';
import { greeting } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  const result = await client.workflow.execute(greeting, {
    taskQueue: 'production-bundle',
    workflowId: `production-${Date.now()}`,
    args: ['Temporal'],
  });
  console.log(result);
  if (result !== 'Hello, Temporal!') throw new Error('wrong');
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
