import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateStage,
} from '@temporalio/client';
import * as workflows from './workflows';

const taskQueue = 'messages';

async function run(): Promise<void> {
  const client = new Client({ connection: await Connection.connect() });
  const hello = await client.workflow.start(workflows.greetings, {
    taskQueue,
    workflowId: `hello-${Date.now()}`,
  });
  console.log(await hello.query(workflows.getLanguages, { includeUnsupported: true }));
  console.log(await hello.executeUpdate(workflows.setLanguage, { args: ['french'] }));
  const update = await hello.startUpdate(workflows.setLanguageByActivity, {
    args: ['hindi'],
    waitForStage: WorkflowUpdateStage.ACCEPTED,
  });
  console.log(await update.result());
  const failed = await hello
    .executeUpdate(workflows.setLanguageByActivity, { args: ['elvish'] })
    .catch((err) => err);
  if (!(failed instanceof WorkflowUpdateFailedError)) throw failed;
  await hello.signal(workflows.approve, { name: 'Zoe' });
  console.log(await hello.result());

  const cluster = await client.workflow.start(workflows.cluster, {
    taskQueue,
    workflowId: `cluster-${Date.now()}`,
  });
  await cluster.signal(workflows.startCluster);
  await Promise.all(
    ['a', 'b'].map((job) => cluster.executeUpdate(workflows.assignNodes, { args: [{ job, count: 2 }] })),
  );
  await cluster.signal(workflows.shutdown);
  console.log(await cluster.result());

  const startOperation = new WithStartWorkflowOperation(workflows.cart, {
    workflowId: `cart-${Date.now()}`,
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const first = await client.workflow.executeUpdateWithStart(workflows.addItem, {
    startWorkflowOperation: startOperation,
    args: ['tea'],
  });
  const handle = await startOperation.workflowHandle();
  const second = await handle.executeUpdate(workflows.addItem, { args: ['milk'], updateId: 'second' });
  await handle.signal(workflows.checkout);
  console.log(first, second, await handle.result());
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
