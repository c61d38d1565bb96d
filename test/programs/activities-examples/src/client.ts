import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { serve } from './server';
import { asyncActivityWorkflow, cancelled, httpWorkflow, progress } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  const { url, close, aborted } = await serve();
  const taskQueue = 'activities-examples';
  const id = Date.now();
  const results = await Promise.all([
    client.workflow.execute(httpWorkflow, { taskQueue, workflowId: `http-${id}`, args: [url] }),
    client.workflow.execute(asyncActivityWorkflow, { taskQueue, workflowId: `async-${id}` }),
    client.workflow.execute(cancelled, { taskQueue, workflowId: `cancelled-${id}`, args: [`${url}/slow`] }),
    client.workflow.execute(progress, { taskQueue, workflowId: `progress-${id}` }),
  ]);
  assert.deepEqual(results.slice(0, 3), ['The answer is 42', "Job's done!", 'cancelled']);
  assert.equal(aborted(), 1);
  close();
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
