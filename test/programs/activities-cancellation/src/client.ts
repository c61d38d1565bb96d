import { ActivityNotFoundError, Client, Connection } from '@temporalio/client';
import * as workflows from './workflows';

async function run(): Promise<void> {
  const client = new Client({ connection: await Connection.connect() });
  const options = { taskQueue: 'activities-cancellation', workflowExecutionTimeout: '1m' } as const;
  const id = Date.now();
  const outside = await client.workflow.start(workflows.cancelledFromOutside, {
    ...options,
    workflowId: `out-${id}`,
    args: [100],
  });
  await new Promise((resolve) => setTimeout(resolve, 600));
  await outside.cancel();
  console.log(await outside.result());
  console.log(
    await client.workflow.execute(workflows.cancelledFromInside, { ...options, workflowId: `in-${id}` }),
  );
  const queues = await client.workflow.execute(workflows.onOneMachine, {
    ...options,
    workflowId: `machine-${id}`,
  });
  console.log(queues);
  if (queues[0] !== queues[1] || !queues[0].startsWith('activities-')) throw new Error('elsewhere');

  const hand = await client.workflow.start(workflows.completedByHand, {
    ...options,
    workflowId: `hand-${id}`,
  });
  for (;;) {
    try {
      await client.activity.complete({ workflowId: hand.workflowId, activityId: '1' }, 'by hand');
      break;
    } catch (err) {
      if (!(err instanceof ActivityNotFoundError)) throw err;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  console.log(await hand.result());
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
