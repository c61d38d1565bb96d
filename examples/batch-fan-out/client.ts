/** Works on a batch and shows its progress: `client.ts [--records 1000]`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { getProgress, processBatch } from './workflows.ts';

const { values: flags } = parseArgs({ options: { records: { type: 'string', default: '1000' } } });
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = await client.workflow.start(processBatch, {
  taskQueue: TASK_QUEUE,
  workflowId: `batch-${crypto.randomUUID().slice(0, 8)}`,
  args: [{ records: Number(flags.records) }],
});
console.log(`Workflow ${handle.workflowId}`);
let done = false;
const result = handle.result().finally(() => {
  done = true;
});
while (!done) {
  const { processed, failed } = await handle.query(getProgress);
  console.log(`${processed} processed, ${failed.length} failed`);
  await Promise.race([sleep(1_000), result]);
}
console.log(await result);
