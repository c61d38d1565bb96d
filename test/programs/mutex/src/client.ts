import { Client, Connection } from '@temporalio/client';
import { careful } from './workflows';

async function run(): Promise<void> {
  const client = new Client({ connection: await Connection.connect() });
  const resource = `door-${Date.now()}`;
  const times = await Promise.all(
    [1, 2, 3].map((n) =>
      client.workflow.execute(careful, {
        taskQueue: 'mutex',
        workflowId: `${resource}-${n}`,
        args: [resource],
      }),
    ),
  );
  times.sort(([a], [b]) => a - b);
  times.forEach(([begin], i) => {
    if (i > 0 && begin < times[i - 1][1]) throw new Error('two had the lock');
  });
  console.log(times);
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
