import { Client, Connection } from '@temporalio/client';
import { order, withDeadline } from './workflows';

async function run(): Promise<void> {
  const connection = await Connection.connect({ address: 'localhost:7233' });
  const client = new Client({ connection, namespace: 'default' });
  const options = { taskQueue: 'timers', workflowExecutionTimeout: '2 minutes' } as const;
  const late = client.workflow.execute(order, {
    ...options,
    workflowId: `order-${Date.now()}`,
    args: [800, 200],
  });
  const never = client.workflow.execute(withDeadline, {
    ...options,
    workflowId: `deadline-${Date.now()}`,
    args: [800, 200],
  });
  console.log(await late, '/', await never);
  if ((await late) !== 'bread, late' || (await never) !== 'no bread') throw new Error('wrong');
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
