import { Client, Connection, WorkflowUpdateFailedError } from '@temporalio/client';
import { current, nudge, orderMachine, transition } from './workflows';

async function run(): Promise<void> {
  const client = new Client({ connection: await Connection.connect() });
  const handle = await client.workflow.start(orderMachine, {
    taskQueue: 'state-machine',
    workflowId: `order-${Date.now()}`,
    args: ['a book'],
  });
  console.log(await handle.executeUpdate(transition, { args: ['pay'] }));
  const refused = await handle.executeUpdate(transition, { args: ['deliver'] }).catch((err: unknown) => err);
  if (!(refused instanceof WorkflowUpdateFailedError)) throw refused;
  await handle.signal(nudge, 'ship');
  console.log(await handle.query(current));
  const update = await handle.startUpdate(transition, {
    args: ['deliver'],
    waitForStage: 'ACCEPTED',
    updateId: 'last',
  });
  console.log(update.updateId, await update.result(), await handle.result());
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
