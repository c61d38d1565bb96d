import { CancelledFailure, Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { holdDoor, isHeld, release } from './workflows';

async function run(): Promise<void> {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  const handle = await client.workflow.start(holdDoor, {
    taskQueue: 'signals-queries',
    workflowId: `door-${Date.now()}`,
  });
  console.log('held?', await handle.query(isHeld));
  await handle.signal(release, 'Hodor');
  console.log(await handle.result());

  const second = await client.workflow.start(holdDoor, {
    taskQueue: 'signals-queries',
    workflowId: `door-2-${Date.now()}`,
    args: [],
  });
  await second.query('isHeld');
  await second.cancel();
  const error = await second.result().catch((err: unknown) => err);
  if (!(error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure)) throw error;
  console.log((await second.describe()).status.name);
  await connection.close();
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
