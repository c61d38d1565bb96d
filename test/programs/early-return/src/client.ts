import assert from 'node:assert/strict';
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { returnAuthorization, TASK_QUEUE, transaction } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  const startOperation = (amount: number) =>
    new WithStartWorkflowOperation(transaction, {
      workflowId: `transaction-${amount}-${Date.now()}`,
      args: [amount],
      taskQueue: TASK_QUEUE,
      workflowIdConflictPolicy: 'FAIL',
    });
  const operation = startOperation(77);
  const early = await client.workflow.executeUpdateWithStart(returnAuthorization, {
    startWorkflowOperation: operation,
  });
  assert.equal(early, 'auth-77');
  const handle = await operation.workflowHandle();
  assert.equal(await handle.result(), 'settled auth-77');

  const refused = startOperation(-1);
  const update = await client.workflow.startUpdateWithStart(returnAuthorization, {
    startWorkflowOperation: refused,
    waitForStage: 'ACCEPTED',
  });
  await assert.rejects(update.result(), WorkflowUpdateFailedError);
  await assert.rejects(refused.workflowHandle().then((h) => h.result()));
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
