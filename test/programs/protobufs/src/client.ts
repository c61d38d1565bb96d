import { Client, Connection } from '@temporalio/client';
import { anOrder, dataConverter, RECEIPT } from './shared';
import { buy } from './workflows';

async function run() {
  const connection = await Connection.connect();
  const client = new Client({ connection, dataConverter });
  const handle = await client.workflow.start(buy, {
    args: [anOrder()],
    taskQueue: 'protobufs',
    workflowId: `protobufs-${Date.now()}`,
  });
  const { text } = await handle.result();
  console.log(text);
  if (text !== RECEIPT) throw new Error('wrong');
}

run().catch((err) => {
  console.error(err);
  process.exit(1);
});
