/** Works on a batch and shows its progress: `client.ts [--records 200] [--window 10]`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { getProgress, slidingWindow } from './workflows.ts';

const { values: flags } = parseArgs({
  options: {
    records: { type: 'string', default: '200' },
    window: { type: 'string', default: '10' },
  },
});
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const { workflowId } = await client.workflow.start(slidingWindow, {
  taskQueue: TASK_QUEUE,
  workflowId: `window-${crypto.randomUUID().slice(0, 8)}`,
  args: [{ records: Number(flags.records), window: Number(flags.window), perRun: 50 }],
});
console.log(`Workflow ${workflowId}`);
// Without a run id: whichever run it is now.
const handle = client.workflow.getHandle<typeof slidingWindow>(workflowId);
let done = false;
const result = handle.result().finally(() => {
  done = true;
});
while (!done) {
  const { next, open, failed } = await handle.query(getProgress);
  console.log(
    `${next} begun, ${open.length} open, ${failed.length} failed; run ${(await handle.describe()).runId}`,
  );
  await Promise.race([sleep(1_000), result]);
}
console.log(await result);
