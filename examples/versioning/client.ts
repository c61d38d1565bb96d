/** Orders something: `client.ts`; packs it: `client.ts --packed order-…`, and says whether it was checked for fraud. */

import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { order, packed } from './workflows.ts';

const { values: flags } = parseArgs({ options: { packed: { type: 'string' } } });
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });

if (flags.packed) {
  const handle = client.workflow.getHandle<typeof order>(flags.packed);
  await handle.signal(packed);
  console.log(await handle.result());
  const { events } = await handle.fetchHistory();
  const checked = events.some(
    (event) =>
      'activityTaskScheduledEventAttributes' in event &&
      event.activityTaskScheduledEventAttributes?.activityType.name === 'checkFraud',
  );
  console.log(checked ? 'It was checked for fraud.' : 'It was not checked for fraud.');
} else {
  const workflowId = `order-${crypto.randomUUID().slice(0, 8)}`;
  await client.workflow.start(order, { taskQueue: TASK_QUEUE, workflowId, args: [workflowId] });
  console.log(`npx node examples/versioning/client.ts --packed ${workflowId}`);
}
