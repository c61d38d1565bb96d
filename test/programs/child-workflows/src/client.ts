import { Client } from '@temporalio/client';
import { failures, greetAll, orchestrate } from './workflows';

async function run(): Promise<void> {
  const client = new Client();
  const id = Date.now();
  const taskQueue = 'child-workflows';
  console.log(
    await client.workflow.execute(greetAll, { taskQueue, workflowId: `all-${id}`, args: ['Ann', 'Bob'] }),
  );
  console.log(await client.workflow.execute(orchestrate, { taskQueue, workflowId: `orchestrate-${id}` }));
  console.log(await client.workflow.execute(failures, { taskQueue, workflowId: `failures-${id}` }));
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
