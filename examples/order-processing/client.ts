/** Orders something and follows it: `client.ts [--customer ada] [--items tea=2,cup=1]`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { getStatus, processOrder } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    customer: { type: 'string', default: 'ada' },
    items: { type: 'string', default: 'tea=2,cup=1' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const id = `order-${crypto.randomUUID().slice(0, 8)}`;
const items = Object.fromEntries(
  flags.items.split(',').map((item) => [item.split('=')[0]!, Number(item.split('=')[1] ?? 1)]),
);
const handle = await client.workflow.start(processOrder, {
  taskQueue: TASK_QUEUE,
  workflowId: id,
  args: [{ id, customer: flags.customer, items, total: 2_100, trackEvery: 2_000 }],
});
console.log(`Workflow ${id}`);
let shown = 0;
for (let over = false; !over; await sleep(500)) {
  over = (await handle.describe()).status.name !== 'RUNNING';
  const { log } = await handle.query(getStatus);
  for (const { time, what } of log.slice(shown)) console.log(`${new Date(time).toISOString()}  ${what}`);
  shown = log.length;
}
