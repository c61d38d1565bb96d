import assert from 'node:assert/strict';
import { Client } from '@temporalio/client';
import { fileProcessing } from './workflows';

async function run() {
  const client = new Client();
  const [hash] = await client.workflow.execute(fileProcessing, {
    taskQueue: 'worker-specific-task-queues',
    workflowId: `files-${Date.now()}`,
  });
  assert.match(hash!, /^[0-9a-f]{32}$/);
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
