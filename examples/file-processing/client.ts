/** Imports a file and shows what the engine knows of it: `client.ts [--lines 10000]`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from 'perdure/client';
import { TASK_QUEUE } from './shared.ts';
import { processFile } from './workflows.ts';

const { values: flags } = parseArgs({ options: { lines: { type: 'string', default: '10000' } } });
const { PERDURE_ADDRESS: address = 'http://127.0.0.1:8787' } = process.env;
const client = new Client({ connection: await Connection.connect({ address }) });
const handle = await client.workflow.start(processFile, {
  taskQueue: TASK_QUEUE,
  workflowId: `import-${crypto.randomUUID().slice(0, 8)}`,
  args: [{ name: 'sales.csv', lines: Number(flags.lines) }],
});
console.log(`Workflow ${handle.workflowId}`);
let over = false;
const result = handle.result().finally(() => {
  over = true;
});
while (!over) {
  const [pending] = (await handle.describe()).raw.pendingActivities;
  if (pending) {
    const [progress] = pending.heartbeatDetails?.payloads ?? [];
    const text = progress?.data ? Buffer.from(progress.data, 'base64').toString() : 'nothing yet';
    console.log(
      `attempt ${pending.attempt}: ${text}${pending.lastFailure ? `; ${pending.lastFailure.message}` : ''}`,
    );
  }
  await Promise.race([sleep(2_000), result]);
}
console.log(await result);
